// The program that Redirector is measured against: it answers every request with a redirect and logs it to Kafka
// through librdkafka, fire and forget. Kept as plain as the service it stands for.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// flushDeadline bounds how long a stop waits for what librdkafka still holds.
const flushDeadline = 10 * time.Second

// record is one line of the log; the order of the fields is the order in the JSON.
type record struct {
	RuntimeParam  string `json:"runtime_param"`
	AsyncParam    string `json:"async_param"`
	RemoteAddress string `json:"remote_address"`
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address to listen on, host:port")
	brokers := flag.String("brokers", "127.0.0.1:9092", "Kafka bootstrap servers, separated by commas")
	topic := flag.String("topic", "log", "topic of the records")
	clientID := flag.String("client-id", "redirector-go", "Kafka client id")
	runtimeParam := flag.String("runtime-param", "runtime_param", "value of runtime_param in every record")
	asyncParam := flag.String("async-param", "async_param", "value of async_param in every record")
	flag.Parse()

	producer, err := kafka.NewProducer(&kafka.ConfigMap{
		"bootstrap.servers":      *brokers,
		"client.id":              *clientID,
		"queue.buffering.max.ms": 1000,
		"go.delivery.reports":    false,
	})
	if err != nil {
		log.Fatalf("Kafka producer: %v", err)
	}
	// Without a reader, errors of the client would fill the channel of events.
	go func() {
		for event := range producer.Events() {
			log.Printf("Kafka: %v", event)
		}
	}()

	var refused atomic.Int64
	handler := func(w http.ResponseWriter, r *http.Request) {
		// Produce only puts the message into librdkafka's queue; its own threads send it.
		value, err := json.Marshal(record{*runtimeParam, *asyncParam, r.RemoteAddr})
		if err == nil {
			err = producer.Produce(&kafka.Message{
				TopicPartition: kafka.TopicPartition{Topic: topic, Partition: kafka.PartitionAny},
				Value:          value,
			}, nil)
		}
		if err != nil {
			refused.Add(1)
		}
		http.Redirect(w, r, "http://google.com", http.StatusMovedPermanently)
	}

	server := &http.Server{
		Handler:      http.HandlerFunc(handler),
		ReadTimeout:  2 * time.Second,
		WriteTimeout: 5 * time.Second,
		IdleTimeout:  10 * time.Second,
	}

	stopped := make(chan struct{})
	signals, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	go func() {
		defer close(stopped)
		<-signals.Done()
		deadline, done := context.WithTimeout(context.Background(), flushDeadline)
		defer done()
		if err := server.Shutdown(deadline); err != nil {
			log.Printf("HTTP shutdown: %v", err)
		}
	}()

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatalf("HTTP server: %v", err)
	}
	fmt.Println("listening on", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Fatalf("HTTP server: %v", err)
	}
	<-stopped
	unflushed := producer.Flush(int(flushDeadline.Milliseconds()))
	producer.Close()
	fmt.Printf("{\"event\":\"shutdown\",\"lost\":%d}\n", refused.Load()+int64(unflushed))
}
