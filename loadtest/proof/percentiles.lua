-- Prints the percentiles of a run of wrk, in milliseconds.
done = function(_, latency, _)
  for _, percentile in pairs({ 50, 90, 99, 99.9 }) do
    io.write(string.format("%s %.3f\n", percentile, latency:percentile(percentile) / 1000))
  end
  io.write(string.format("100 %.3f\n", latency.max / 1000))
end
