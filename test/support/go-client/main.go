// Command go-client writes the lines of its input to partition 0 of a topic, or prints the lines that are there.
//
//	go-client produce BOOTSTRAP TOPIC
//	go-client consume BOOTSTRAP TOPIC COUNT
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, what, bootstrap, topic string, rest []string) error {
	if what == "produce" {
		return produce(ctx, bootstrap, topic)
	}
	count, err := strconv.Atoi(rest[0])
	if err != nil {
		return err
	}
	return consume(ctx, bootstrap, topic, count)
}

func produce(ctx context.Context, bootstrap, topic string) error {
	// Idempotent and acks=all: the client's defaults.
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	defer client.Close()
	var failure error
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		record := &kgo.Record{Topic: topic, Partition: 0, Value: []byte(lines.Text())}
		client.Produce(ctx, record, func(_ *kgo.Record, err error) {
			if err != nil {
				failure = err
			}
		})
	}
	if err := client.Flush(ctx); err != nil {
		return err
	}
	return failure
}

func consume(ctx context.Context, bootstrap, topic string, count int) error {
	start := map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.ConsumePartitions(start))
	if err != nil {
		return err
	}
	defer client.Close()
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for seen := 0; seen < count; {
		fetches := client.PollFetches(ctx)
		if errs := fetches.Errors(); len(errs) > 0 {
			return errs[0].Err
		}
		fetches.EachRecord(func(record *kgo.Record) {
			seen++
			fmt.Fprintln(out, string(record.Value))
		})
	}
	return nil
}
