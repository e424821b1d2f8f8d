#include "common/kafka/kafka_publisher.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "common/base/log.h"

namespace godwit::kafka {
namespace {

constexpr int poll_ms = 50;
constexpr int purge_ms = 10'000;  // for the acknowledgements of purged records, which need no broker

Error being_replaced(const std::string& topic) {
  return transient_error(fmt::format("writing to {}: the Kafka producer is being replaced", topic));
}

// A broken producer is our affair; to the sender the record may be published again.
Error write_error(rd_kafka_resp_err_t code, const std::string& topic) {
  if (code == RD_KAFKA_RESP_ERR__FATAL) return being_replaced(topic);
  return error_of(code, fmt::format("writing to {}", topic));
}

// Each record carries its Acknowledge as librdkafka's opaque pointer, owned by the record until its delivery
// report.
void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  const std::unique_ptr<stream::Acknowledge> acknowledge{
      static_cast<stream::Acknowledge*>(message->_private)};
  if (!acknowledge || !*acknowledge) return;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    (*acknowledge)(stream::Placed{stream::Partition{message->partition}, stream::Offset{message->offset}});
  } else {
    (*acknowledge)(write_error(message->err, rd_kafka_topic_name(message->rkt)));
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

Result<ClientPtr> make_producer(const ClientOptions& client, const PublisherOptions& options) {
  const auto text = [](auto number) { return fmt::format("{}", number); };
  auto conf = make_conf(client, {
                                    {"enable.idempotence", "true"},
                                    {"enable.gapless.guarantee", options.gapless ? "true" : "false"},
                                    {"partitioner", "murmur2_random"},
                                    {"linger.ms", text(options.linger_ms)},
                                    {"compression.type", "lz4"},
                                    {"message.timeout.ms", text(options.message_timeout.count())},
                                    {"queue.buffering.max.messages", text(options.queue_records_max)},
                                    {"queue.buffering.max.kbytes", text(options.queue_kibibytes_max)},
                                    {"message.max.bytes", "2097152"},
                                    {"reconnect.backoff.max.ms", "2000"},
                                    {"topic.metadata.refresh.interval.ms", "10000"},
                                });
  if (!conf) return conf.error();
  rd_kafka_conf_set_dr_msg_cb(conf->get(), on_delivery);
  return make_client(ClientKind::producer, std::move(*conf));
}

// librdkafka knows a topic for as long as somebody holds it.
std::shared_ptr<rd_kafka_s> holding_topics(ClientPtr producer, const std::vector<std::string>& names) {
  std::vector<rd_kafka_topic_t*> topics;
  for (const std::string& name : names)
    if (auto* const topic = rd_kafka_topic_new(producer.get(), name.c_str(), nullptr))
      topics.push_back(topic);
  return {producer.release(), [topics = std::move(topics)](rd_kafka_t* held) {
            for (rd_kafka_topic_t* const topic : topics) rd_kafka_topic_destroy(topic);
            ClientPtr::deleter_type{}(held);
          }};
}

// Reports all it holds as failed, so that every acknowledgement is called exactly once.
void purge(rd_kafka_t* producer) {
  rd_kafka_purge(producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(producer, purge_ms);
}

}  // namespace

PublisherOptions for_spool(std::vector<std::string> topics) {
  PublisherOptions options;
  options.topics = std::move(topics);
  options.message_timeout = Millis{0};
  options.gapless = true;
  options.close_timeout = Millis{0};
  return options;
}

Result<std::unique_ptr<KafkaPublisher>> KafkaPublisher::create(const ClientOptions& client,
                                                               const PublisherOptions& options) {
  auto producer = make_producer(client, options);
  if (!producer) return producer.error();
  return std::unique_ptr<KafkaPublisher>{
      new KafkaPublisher(client, options, std::move(*producer))};  // NOLINT: private constructor
}

KafkaPublisher::KafkaPublisher(ClientOptions client, const PublisherOptions& options, ClientPtr producer)
    : client_(std::move(client)),
      options_(options),
      producer_(holding_topics(std::move(producer), options.topics)) {
  poller_ = std::jthread{[this](const std::stop_token& stop) { poll(stop); }};
}

KafkaPublisher::~KafkaPublisher() {
  (void)flush(options_.close_timeout);
  poller_.request_stop();
  poller_.join();
  if (const int left = rd_kafka_outq_len(producer_.get()); left > 0)
    log_warn("closing with {} records that Kafka has not acknowledged", left);
  purge(producer_.get());
}

KafkaPublisher::Shared KafkaPublisher::producer() const {
  const std::shared_lock lock{mutex_};
  return producer_;
}

std::uint64_t KafkaPublisher::session() const {
  const std::shared_lock lock{mutex_};
  return session_;
}

void KafkaPublisher::poll(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Shared current = producer();
    rd_kafka_poll(current.get(), poll_ms);
    char reason[512] = {};
    if (rd_kafka_fatal_error(current.get(), reason, sizeof(reason)) != RD_KAFKA_RESP_ERR_NO_ERROR)
      replace(current, reason);
  }
}

void KafkaPublisher::replace(const Shared& broken, const std::string& reason) {
  log_warn("the Kafka producer is broken ({}) and is replaced", reason);
  auto fresh = make_producer(client_, options_);
  if (!fresh) {
    log_error("no new Kafka producer, trying again: {}", fresh.error().message);
    return;
  }
  {
    const std::unique_lock lock{mutex_};
    replacing_ = true;
  }
  // The broken one takes nothing any more. All of its acknowledgements come before the new one takes
  // anything.
  purge(broken.get());
  const std::unique_lock lock{mutex_};
  producer_ = holding_topics(std::move(*fresh), options_.topics);
  ++session_;
  replacing_ = false;
}

void KafkaPublisher::break_producer(const std::string& reason) {
  rd_kafka_test_fatal_error(producer().get(), RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, reason.c_str());
}

Status KafkaPublisher::publish(stream::OutRecord record, stream::Acknowledge acknowledge) {
  return produce(std::nullopt, record, std::move(acknowledge));
}

Status KafkaPublisher::publish_in(std::uint64_t session, stream::OutRecord record,
                                  stream::Acknowledge acknowledge) {
  return produce(session, record, std::move(acknowledge));
}

Status KafkaPublisher::produce(std::optional<std::uint64_t> session, const stream::OutRecord& record,
                               stream::Acknowledge acknowledge) {
  auto owned = std::make_unique<stream::Acknowledge>(std::move(acknowledge));
  rd_kafka_headers_t* headers = to_headers(record);
  std::array<rd_kafka_vu_t, 6> parts{};
  std::size_t count = 0;
  const auto add = [&](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
    parts[count].vtype = type;
    return parts[count++];
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
  const std::shared_lock lock{mutex_};
  const bool passed = replacing_ || (session && *session != session_);
  const std::unique_ptr<rd_kafka_error_t, void (*)(rd_kafka_error_t*)> refused{
      passed ? nullptr : rd_kafka_produceva(producer_.get(), parts.data(), count), rd_kafka_error_destroy};
  if (passed || refused) {
    if (headers != nullptr) rd_kafka_headers_destroy(headers);
    return passed ? being_replaced(record.topic)
                  : write_error(rd_kafka_error_code(refused.get()), record.topic);
  }
  (void)owned.release();  // on_delivery owns it now
  return Done{};
}

Status KafkaPublisher::flush(Millis timeout) {
  const Shared current = producer();
  const auto code = rd_kafka_flush(current.get(), static_cast<int>(timeout.count()));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return Done{};
  return transient_error(
      fmt::format("{} records are not acknowledged yet", rd_kafka_outq_len(current.get())));
}

Status KafkaPublisher::reachable(Millis timeout) const {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code =
      rd_kafka_metadata(producer().get(), 0, nullptr, &metadata, static_cast<int>(timeout.count()));
  if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "Kafka cannot be reached");
  return Done{};
}

}  // namespace godwit::kafka
