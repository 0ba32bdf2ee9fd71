module redirector/loadtest/peers/go

go 1.24.0

require github.com/confluentinc/confluent-kafka-go/v2 v2.11.1
