// Emits the migration of ../migration.ndjson: Migration BROKERS TASK_ID VM_NAME. Binary mode.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.CloudEventSerializer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;

public class Migration {
  private static final ObjectMapper JSON = new ObjectMapper();

  static CloudEvent event(int number, JsonNode step, String taskId, String vmName) throws Exception {
    ObjectNode data = JSON.createObjectNode().put("vm_name", vmName).put("provider", "vsphere").put("attempt", 1);
    data.setAll((ObjectNode) step.get("data"));
    return CloudEventBuilder.v1()
        .withId(UUID.randomUUID().toString())
        .withSource(URI.create("/examples/java/tasks/" + taskId))
        .withType("io.godwit." + step.get("type").asText() + ".v1")
        .withSubject(taskId)
        .withTime(OffsetDateTime.now(ZoneOffset.UTC))
        .withExtension("sequence", String.format("%020d", number))
        .withData("application/json", JSON.writeValueAsBytes(data))
        .build();
  }

  public static void main(String[] args) throws Exception {
    // Java's defaults are right: murmur2, acks=all, idempotent.
    Map<String, Object> config = Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    try (var producer = new KafkaProducer<>(config, new StringSerializer(), new CloudEventSerializer())) {
      for (String line : Files.readAllLines(Path.of("../migration.ndjson"))) {
        JsonNode step = JSON.readTree(line);
        CloudEvent event = event(sent.size(), step, args[1], args[2]);
        sent.add(producer.send(new ProducerRecord<>(step.get("topic").asText(), args[1], event)));
      }
    }
    for (Future<RecordMetadata> each : sent) each.get(); // throws when one was not acknowledged
  }
}
