#include "common/kafka/kafka_source.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "common/base/log.h"
#include "common/kafka/messages.h"

namespace godwit::kafka {
namespace {

stream::TopicPartition place_of(const rd_kafka_topic_partition_t& element) {
  return {element.topic, stream::Partition{element.partition}};
}

std::vector<stream::TopicPartition> places_of(const rd_kafka_topic_partition_list_t& list) {
  std::vector<stream::TopicPartition> out;
  out.reserve(static_cast<std::size_t>(list.cnt));
  for (int i = 0; i < list.cnt; ++i) out.push_back(place_of(list.elems[i]));
  return out;
}

PartitionsPtr to_list(const std::vector<stream::Position>& positions) {
  PartitionsPtr list{rd_kafka_topic_partition_list_new(static_cast<int>(positions.size()))};
  for (const stream::Position& position : positions)
    rd_kafka_topic_partition_list_add(list.get(), position.at.topic.c_str(), position.at.partition.value())
        ->offset = position.next.value();
  return list;
}

const std::vector<std::pair<std::string, std::string>> consumer_defaults{
    {"enable.auto.commit", "false"},       {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "error"},        {"enable.partition.eof", "true"},
    {"isolation.level", "read_committed"}, {"partition.assignment.strategy", "range"},
    {"allow.auto.create.topics", "false"}, {"fetch.wait.max.ms", "50"},
    {"queued.min.messages", "50000"},      {"queued.max.messages.kbytes", "16384"},
    {"reconnect.backoff.max.ms", "2000"},  {"topic.metadata.refresh.interval.ms", "10000"},
};

}  // namespace

Result<std::unique_ptr<KafkaSource>> KafkaSource::create(const ClientOptions& client, ConsumerOptions options,
                                                         stream::AssignmentListener& listener) {
  auto defaults = consumer_defaults;
  defaults.emplace_back("group.id", options.group);
  defaults.emplace_back("session.timeout.ms", fmt::format("{}", options.session_timeout.count()));
  if (!options.instance_id.empty()) defaults.emplace_back("group.instance.id", options.instance_id);
  auto conf = make_conf(client, defaults);
  if (!conf) return conf.error();
  auto source = std::unique_ptr<KafkaSource>{
      new KafkaSource(std::move(options), listener)};  // NOLINT: private constructor
  rd_kafka_conf_set_opaque(conf->get(), source.get());
  // The C callbacks take an enumeration where ours take its number, so that rdkafka.h stays out of our
  // header.
  rd_kafka_conf_set_rebalance_cb(
      conf->get(), [](rd_kafka_t* rk, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                      void* self) { on_rebalance(rk, error, list, self); });
  rd_kafka_conf_set_error_cb(conf->get(), [](rd_kafka_t* rk, int error, const char* reason, void* self) {
    on_error(rk, error, reason, self);
  });
  auto created = make_client(ClientKind::consumer, std::move(*conf));
  if (!created) return created.error();
  source->client_ = std::move(*created);
  rd_kafka_poll_set_consumer(source->client_.get());
  const PartitionsPtr topics{
      rd_kafka_topic_partition_list_new(static_cast<int>(source->options_.topics.size()))};
  for (const std::string& topic : source->options_.topics)
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  const auto code = rd_kafka_subscribe(source->client_.get(), topics.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "cannot subscribe");
  return source;
}

KafkaSource::~KafkaSource() { close(); }

void KafkaSource::on_rebalance(rd_kafka_t* client, int error, rd_kafka_topic_partition_list_t* partitions,
                               void* self) {
  auto& source = *static_cast<KafkaSource*>(self);
  if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    source.assign(*partitions);
    return;
  }
  source.revoke(*partitions);
  rd_kafka_assign(client, nullptr);
}

void KafkaSource::on_error(rd_kafka_t*, int, const char* reason, void* self) {
  // A lost connection is not yet a lost cluster, and not every loss of the cluster is reported as one: the
  // probe finds out.
  static_cast<KafkaSource*>(self)->suspicion_ = reason;
}

void KafkaSource::read_partition_counts() {
  const rd_kafka_metadata_t* raw = nullptr;
  if (rd_kafka_metadata(client_.get(), 1, nullptr, &raw,
                        static_cast<int>(options_.metadata_timeout.count())) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return;  // the next assignment looks again
  const std::unique_ptr<const rd_kafka_metadata_t, void (*)(const rd_kafka_metadata_t*)> metadata{
      raw, rd_kafka_metadata_destroy};
  counts_.clear();
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
    if (std::find(options_.topics.begin(), options_.topics.end(), topic.topic) != options_.topics.end())
      counts_[topic.topic] = topic.partition_cnt;
  }
}

std::optional<std::string> KafkaSource::unequal_counts() const {
  std::string counts;
  std::set<int> distinct;
  for (const auto& [topic, count] : counts_) {
    distinct.insert(count);
    counts += fmt::format("{}{} has {}", counts.empty() ? "" : ", ", topic, count);
  }
  if (distinct.size() < 2) return std::nullopt;
  return fmt::format(
      "topics folded together must have the same partition count, but {}; create the smaller ones anew and "
      "rebuild the "
      "views, or give the larger ones' events to new topics",
      counts);
}

void KafkaSource::assign(const rd_kafka_topic_partition_list_t& partitions) {
  read_partition_counts();
  unequal_ = options_.same_partition_count ? unequal_counts() : std::nullopt;
  if (unequal_) {
    log_error("{}", *unequal_);
    rd_kafka_assign(client_.get(), PartitionsPtr{rd_kafka_topic_partition_list_new(0)}.get());
    return;
  }
  const auto positions = listener_.assigned(places_of(partitions));
  at_end_.clear();
  lost_.clear();
  expired_.clear();
  for (const stream::Position& position : positions) at_end_[position.at] = false;
  const auto code = rd_kafka_assign(client_.get(), to_list(positions).get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    log_error("cannot take the assigned partitions: {}", rd_kafka_err2str(code));
  log_info("assigned {} partitions", positions.size());
}

void KafkaSource::revoke(const rd_kafka_topic_partition_list_t& partitions) {
  listener_.revoked(places_of(partitions));
  at_end_.clear();
  lost_.clear();
  expired_.clear();
  log_info("gave up {} partitions", partitions.cnt);
}

std::optional<Error> KafkaSource::handle_lost_position(const stream::TopicPartition& at) {
  if (!options_.expiring_topics.contains(at.topic)) {
    lost_[at] = fmt::format(
        "the stored position of {}/{} is not in the log any more (deleted, truncated or re-created topic); "
        "move the data directory away to fold what the log still has",
        at.topic, at.partition.value());
    log_error("{}", lost_[at]);
    return fatal_error(lost_[at]);
  }
  log_warn("{}/{}: the stored position has expired, reading on from the oldest record", at.topic,
           at.partition.value());
  expired_.insert(at);
  return std::nullopt;
}

std::optional<Error> KafkaSource::handle(const rd_kafka_message_t& message) {
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF: {
      const auto found = at_end_.find(place_of(message));
      if (found != at_end_.end()) found->second = true;
      return std::nullopt;
    }
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      return handle_lost_position(place_of(message));
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      missing_.insert(place_of(message).topic);
      return std::nullopt;
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
      return transient_error("was put out of the group for polling too slowly; joining again");
    default:
      return error_of(message.err, "reading from Kafka");
  }
}

void KafkaSource::probe() {
  const auto now = std::chrono::steady_clock::now();
  if ((!suspicion_ && missing_.empty()) || now < next_probe_) return;
  next_probe_ = now + options_.probe_interval;
  const rd_kafka_metadata_t* raw = nullptr;
  if (rd_kafka_metadata(client_.get(), 1, nullptr, &raw, static_cast<int>(options_.probe_timeout.count())) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    down_ = suspicion_;
    return;
  }
  suspicion_.reset();
  down_.reset();
  for (int i = 0; i < raw->topic_cnt; ++i) missing_.erase(raw->topics[i].topic);
  rd_kafka_metadata_destroy(raw);
}

void KafkaSource::skip_expired() {
  std::erase_if(expired_, [this](const stream::TopicPartition& at) {
    return resume({{at, stream::offset_beginning}}).ok();
  });
}

Result<stream::Batch> KafkaSource::poll(const stream::PollLimits& limits) {
  stream::Batch batch;
  auto owner = std::make_shared<std::vector<MessagePtr>>();
  std::size_t bytes = 0;
  int timeout_ms = static_cast<int>(limits.wait_max.count());
  const rd_kafka_topic_t* topic = nullptr;
  std::int32_t partition = -1;
  skip_expired();
  probe();
  while (batch.records.size() < limits.records_max && bytes < limits.bytes_max) {
    MessagePtr message{rd_kafka_consumer_poll(client_.get(), timeout_ms)};
    if (!message) break;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      auto error = handle(*message);
      // Records already read are handed out; the error shows again or has passed.
      if (error && batch.empty()) return *error;
      continue;
    }
    timeout_ms = 0;
    bytes += message->len + message->key_len;
    batch.records.push_back(record_of(*message));
    if (message->rkt != topic || message->partition != partition) {
      topic = message->rkt;
      partition = message->partition;
      if (const auto found = at_end_.find(place_of(*message)); found != at_end_.end()) found->second = false;
    }
    owner->push_back(std::move(message));
  }
  batch.owner = std::move(owner);
  if (unequal_ && batch.empty()) return fatal_error(*unequal_);
  if (!lost_.empty() && batch.empty()) return fatal_error(lost_.begin()->second);
  if (!missing_.empty() && batch.empty())
    return transient_error(
        fmt::format("topic {} does not exist; run `godwit topics create`", *missing_.begin()));
  if (down_ && batch.empty()) return transient_error(fmt::format("Kafka cannot be reached: {}", *down_));
  return batch;
}

void KafkaSource::report(const std::vector<stream::Position>& positions) {
  rd_kafka_commit(client_.get(), to_list(positions).get(), 1);
}

std::vector<stream::Watermark> KafkaSource::watermarks() const {
  std::vector<stream::Watermark> out;
  for (const auto& [at, at_end] : at_end_) {
    std::int64_t low = RD_KAFKA_OFFSET_INVALID;
    std::int64_t high = RD_KAFKA_OFFSET_INVALID;
    rd_kafka_get_watermark_offsets(client_.get(), at.topic.c_str(), at.partition.value(), &low, &high);
    if (high >= 0) out.push_back({at, stream::Offset{high}, at_end});
  }
  return out;
}

void KafkaSource::pause(const std::vector<stream::TopicPartition>& partitions) {
  const PartitionsPtr list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
  for (const stream::TopicPartition& at : partitions)
    rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition.value());
  rd_kafka_pause_partitions(client_.get(), list.get());
}

Status KafkaSource::resume(const std::vector<stream::Position>& positions) {
  const PartitionsPtr list = to_list(positions);
  // The seek waits in microseconds where it should in milliseconds (librdkafka before 2.1.0), hence the
  // factor.
  const auto timeout_ms = static_cast<int>(options_.seek_timeout.count()) * 1000;
  if (rd_kafka_error_t* raw = rd_kafka_seek_partitions(client_.get(), list.get(), timeout_ms)) {
    const std::unique_ptr<rd_kafka_error_t, void (*)(rd_kafka_error_t*)> error{raw, rd_kafka_error_destroy};
    return transient_error(fmt::format("cannot seek: {}", rd_kafka_error_string(error.get())));
  }
  for (const stream::Position& position : positions) at_end_[position.at] = false;
  rd_kafka_resume_partitions(client_.get(), list.get());
  return Done{};
}

std::string KafkaSource::cluster_id() {
  return kafka::cluster_id(*client_, static_cast<int>(options_.cluster_id_timeout.count()));
}

void KafkaSource::close() {
  if (closed_) return;
  closed_ = true;
  rd_kafka_consumer_close(client_.get());
}

}  // namespace godwit::kafka
