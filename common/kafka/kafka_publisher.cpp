#include "common/kafka/kafka_publisher.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <optional>
#include <vector>

#include "common/base/log.h"

namespace godwit::kafka {
namespace {

constexpr int poll_ms = 50;

// Each record carries its Acknowledge as librdkafka's opaque pointer, owned by the record until its delivery
// report.
void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  const std::unique_ptr<stream::Acknowledge> acknowledge{
      static_cast<stream::Acknowledge*>(message->_private)};
  if (!acknowledge || !*acknowledge) return;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    (*acknowledge)(stream::Placed{stream::Partition{message->partition}, stream::Offset{message->offset}});
  } else {
    (*acknowledge)(error_of(message->err, fmt::format("writing to {}", rd_kafka_topic_name(message->rkt))));
  }
}

rd_kafka_headers_t* to_headers(const stream::OutRecord& record) {
  if (record.headers.empty()) return nullptr;
  rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
  for (const auto& [name, value] : record.headers)
    rd_kafka_header_add(headers, name.c_str(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  return headers;
}

}  // namespace

Result<std::unique_ptr<KafkaPublisher>> KafkaPublisher::create(const ClientOptions& client,
                                                               const PublisherOptions& options) {
  auto conf =
      make_conf(client, {
                            {"enable.idempotence", "true"},
                            {"partitioner", "murmur2_random"},
                            {"linger.ms", fmt::format("{}", options.linger_ms)},
                            {"compression.type", "lz4"},
                            {"message.timeout.ms", fmt::format("{}", options.message_timeout.count())},
                            {"queue.buffering.max.messages", fmt::format("{}", options.queue_records_max)},
                            {"queue.buffering.max.kbytes", fmt::format("{}", options.queue_kibibytes_max)},
                            {"message.max.bytes", "2097152"},
                            {"reconnect.backoff.max.ms", "2000"},
                            {"topic.metadata.refresh.interval.ms", "10000"},
                        });
  if (!conf) return conf.error();
  rd_kafka_conf_set_dr_msg_cb(conf->get(), on_delivery);
  auto created = make_client(ClientKind::producer, std::move(*conf));
  if (!created) return created.error();
  return std::unique_ptr<KafkaPublisher>{
      new KafkaPublisher(std::move(*created))};  // NOLINT: private constructor
}

KafkaPublisher::KafkaPublisher(ClientPtr client) : client_(std::move(client)) {
  poller_ = std::jthread{[producer = client_.get()](const std::stop_token& stop) {
    while (!stop.stop_requested()) rd_kafka_poll(producer, poll_ms);
  }};
}

KafkaPublisher::~KafkaPublisher() {
  if (!flush(close_timeout))
    log_warn("closing with {} records that Kafka has not acknowledged", rd_kafka_outq_len(client_.get()));
  poller_.request_stop();
  poller_.join();
  // What is left is reported as failed, so that every acknowledgement is called exactly once.
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client_.get(), 1000);
}

Status KafkaPublisher::publish(stream::OutRecord record, stream::Acknowledge acknowledge) {
  auto owned = std::make_unique<stream::Acknowledge>(std::move(acknowledge));
  rd_kafka_headers_t* headers = to_headers(record);
  std::vector<rd_kafka_vu_t> parts;
  const auto add = [&parts](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
    parts.emplace_back().vtype = type;
    return parts.back();
  };
  const auto add_bytes = [&add](rd_kafka_vtype_t type, const std::optional<std::string>& bytes) {
    if (!bytes) return;
    auto& memory = add(type).u.mem;
    memory.ptr = const_cast<char*>(bytes->data());
    memory.size = bytes->size();
  };
  add(RD_KAFKA_VTYPE_TOPIC).u.cstr = record.topic.c_str();
  add(RD_KAFKA_VTYPE_MSGFLAGS).u.i = RD_KAFKA_MSG_F_COPY;
  add_bytes(RD_KAFKA_VTYPE_KEY, record.key);
  add_bytes(RD_KAFKA_VTYPE_VALUE, record.value);
  if (headers != nullptr) add(RD_KAFKA_VTYPE_HEADERS).u.headers = headers;
  add(RD_KAFKA_VTYPE_OPAQUE).u.ptr = owned.get();
  const std::unique_ptr<rd_kafka_error_t, void (*)(rd_kafka_error_t*)> refused{
      rd_kafka_produceva(client_.get(), parts.data(), parts.size()), rd_kafka_error_destroy};
  if (refused) {
    if (headers != nullptr) rd_kafka_headers_destroy(headers);
    return error_of(rd_kafka_error_code(refused.get()), fmt::format("writing to {}", record.topic));
  }
  (void)owned.release();  // on_delivery owns it now
  return Done{};
}

Status KafkaPublisher::flush(Millis timeout) {
  const auto code = rd_kafka_flush(client_.get(), static_cast<int>(timeout.count()));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return Done{};
  return transient_error(
      fmt::format("{} records are not acknowledged yet", rd_kafka_outq_len(client_.get())));
}

Status KafkaPublisher::reachable(Millis timeout) const {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code =
      rd_kafka_metadata(client_.get(), 0, nullptr, &metadata, static_cast<int>(timeout.count()));
  if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "Kafka cannot be reached");
  return Done{};
}

}  // namespace godwit::kafka
