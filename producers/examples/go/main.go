// Emits the migration of ../migration.ndjson: migration BROKERS TASK_ID VM_NAME. Structured mode.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	brokers, taskID, vmName := os.Args[1], os.Args[2], os.Args[3]
	script, err := os.Open("../migration.ndjson")
	check(err)
	var records []*kgo.Record
	for steps := json.NewDecoder(script); steps.More(); {
		var step struct {
			Topic, Type string
			Data        map[string]any
		}
		check(steps.Decode(&step))
		step.Data["vm_name"], step.Data["provider"], step.Data["attempt"] = vmName, "vsphere", 1
		e := event.New()
		e.SetID(uuid.Must(uuid.NewV7()).String())
		e.SetSource("/examples/go/tasks/" + taskID)
		e.SetType("io.godwit." + step.Type + ".v1")
		e.SetSubject(taskID)
		e.SetTime(time.Now())
		e.SetExtension("sequence", fmt.Sprintf("%020d", len(records)))
		check(e.SetData(event.ApplicationJSON, step.Data))
		value, err := json.Marshal(e)
		check(err)
		headers := []kgo.RecordHeader{{Key: "content-type", Value: []byte(event.ApplicationCloudEventsJSON)}}
		records = append(records, &kgo.Record{Topic: step.Topic, Key: []byte(taskID), Value: value, Headers: headers})
	}
	// The client's defaults, said aloud: murmur2 as in Java, acks=all; and it is idempotent.
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(brokers, ",")...),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)), kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.RecordDeliveryTimeout(time.Minute))
	check(err)
	defer client.Close()
	check(client.ProduceSync(context.Background(), records...).FirstErr())
}
