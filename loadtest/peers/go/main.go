// The program that Redirector is measured against: it answers every request with a redirect and logs it to Kafka
// through librdkafka, fire and forget. Kept as plain as the service it stands for. With -repaired it reads delivery
// reports, so that no loss goes uncounted, is idempotent, and writes the fields that Redirector does.
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

// click is the record of the repaired program.
type click struct {
	ID            string `json:"id"`
	Time          string `json:"time"`
	Method        string `json:"method"`
	Path          string `json:"path"`
	Host          string `json:"host"`
	Status        int    `json:"status"`
	Location      string `json:"location"`
	RemoteAddress string `json:"remote_address"`
	UserAgent     string `json:"user_agent,omitempty"`
	Referer       string `json:"referer,omitempty"`
}

const target = "http://google.com"

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address to listen on, host:port")
	brokers := flag.String("brokers", "127.0.0.1:9092", "Kafka bootstrap servers, separated by commas")
	topic := flag.String("topic", "log", "topic of the records")
	clientID := flag.String("client-id", "redirector-go", "Kafka client id")
	runtimeParam := flag.String("runtime-param", "runtime_param", "value of runtime_param in every record")
	asyncParam := flag.String("async-param", "async_param", "value of async_param in every record")
	repaired := flag.Bool("repaired", false, "count delivery reports, be idempotent, write all fields")
	flag.Parse()

	config := kafka.ConfigMap{
		"bootstrap.servers":      *brokers,
		"client.id":              *clientID,
		"queue.buffering.max.ms": 1000,
		"go.delivery.reports":    false,
	}
	if *repaired {
		config["queue.buffering.max.ms"] = 10
		config["queue.buffering.max.messages"] = 1000000
		config["go.delivery.reports"] = true
		config["enable.idempotence"] = true
	}
	producer, err := kafka.NewProducer(&config)
	if err != nil {
		log.Fatalf("Kafka producer: %v", err)
	}
	// Records that were not taken, and those whose report says that they did not arrive.
	var refused atomic.Int64
	// Without a reader, errors of the client would fill the channel of events.
	go func() {
		for event := range producer.Events() {
			if report, ok := event.(*kafka.Message); ok {
				if report.TopicPartition.Error != nil {
					refused.Add(1)
				}
				continue
			}
			log.Printf("Kafka: %v", event)
		}
	}()

	boot := time.Now().UnixMilli()
	var offered atomic.Int64
	value := func(r *http.Request) ([]byte, error) {
		if !*repaired {
			return json.Marshal(record{*runtimeParam, *asyncParam, r.RemoteAddr})
		}
		return json.Marshal(click{
			ID:            fmt.Sprintf("%d-0-%d", boot, offered.Add(1)),
			Time:          time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
			Method:        r.Method,
			Path:          r.RequestURI,
			Host:          r.Host,
			Status:        http.StatusMovedPermanently,
			Location:      target,
			RemoteAddress: r.RemoteAddr,
			UserAgent:     r.UserAgent(),
			Referer:       r.Referer(),
		})
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		// Produce only puts the message into librdkafka's queue; its own threads send it.
		value, err := value(r)
		if err == nil {
			err = producer.Produce(&kafka.Message{
				TopicPartition: kafka.TopicPartition{Topic: topic, Partition: kafka.PartitionAny},
				Value:          value,
			}, nil)
		}
		if err != nil {
			refused.Add(1)
		}
		http.Redirect(w, r, target, http.StatusMovedPermanently)
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
