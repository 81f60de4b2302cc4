// Command go-client writes the lines of its input to partition 0 of a topic, or prints the lines that are there, alone or as
// the member of a group.
//
//	go-client produce BOOTSTRAP TOPIC
//	go-client consume BOOTSTRAP TOPIC COUNT
//	go-client group BOOTSTRAP TOPIC COUNT GROUP
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
	if what == "group" {
		return consume(ctx, count, kgo.SeedBrokers(bootstrap), kgo.ConsumerGroup(rest[1]), kgo.ConsumeTopics(topic),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	}
	start := map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}
	return consume(ctx, count, kgo.SeedBrokers(bootstrap), kgo.ConsumePartitions(start))
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

func consume(ctx context.Context, count int, opts ...kgo.Opt) error {
	client, err := kgo.NewClient(opts...)
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
