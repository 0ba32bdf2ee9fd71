import java.util.Base64;
import java.util.Scanner;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;

/** Prints for each key on standard input (base64, one a line) its partition in topics of as many partitions as the arguments say. */
public class Place {
  public static void main(String[] partitions) {
    Scanner keys = new Scanner(System.in);
    StringBuilder out = new StringBuilder();
    while (keys.hasNextLine()) {
      byte[] key = Base64.getDecoder().decode(keys.nextLine());
      for (String count : partitions) {
        out.append(BuiltInPartitioner.partitionForKey(key, Integer.parseInt(count))).append(' ');
      }
      out.append('\n');
    }
    System.out.print(out);
  }
}
