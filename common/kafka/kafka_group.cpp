#include "common/kafka/kafka_group.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <set>

#include "common/base/log.h"
#include "common/kafka/read_on.h"
#include "common/kafka/reading.h"
#include "common/kafka/spread.h"

namespace godwit::kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;
std::optional<std::string> unequal(const std::map<std::string, std::int32_t>& counts) {
  std::string told;
  std::set<std::int32_t> distinct;
  for (const auto& [topic, count] : counts) {
    distinct.insert(count);
    told += fmt::format("{}{} has {}", told.empty() ? "" : ", ", topic, count);
  }
  if (distinct.size() < 2) return std::nullopt;
  return fmt::format(
      "topics folded together must have the same partition count, but {}; create the smaller ones anew and "
      "rebuild the "
      "views, or give the larger ones' events to new topics",
      told);
}

}  // namespace

Result<std::unique_ptr<KafkaGroup>> KafkaGroup::create(
    const ClientOptions& client, ConsumerOptions options,
    const std::vector<stream::AssignmentListener*>& listeners) {
  auto conf = make_conf(client, consumer_properties(options));
  if (!conf) return conf.error();
  auto group =
      std::unique_ptr<KafkaGroup>{new KafkaGroup(std::move(options))};  // NOLINT: private constructor
  rd_kafka_conf_set_opaque(conf->get(), group.get());
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
  group->client_ = std::move(*created);
  rd_kafka_poll_set_consumer(group->client_.get());
  for (stream::AssignmentListener* listener : listeners)
    group->lanes_.push_back(
        std::make_unique<LaneSource>(*group->client_, group->options_, group->state_, *listener));
  group->shares_.resize(group->lanes_.size());
  group->held_by_late_.resize(group->lanes_.size());
  if (auto subscribed = group->subscribe(); !subscribed) return subscribed.error();
  return group;
}

KafkaGroup::~KafkaGroup() {
  for (const auto& lane : lanes_) lane->orders().end();  // nobody polls them any more
  close();
}

Status KafkaGroup::subscribe() {
  const PartitionsPtr topics{rd_kafka_topic_partition_list_new(static_cast<int>(options_.topics.size()))};
  for (const std::string& topic : options_.topics)
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  const auto code = rd_kafka_subscribe(client_.get(), topics.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "cannot subscribe");
  return Done{};
}

bool KafkaGroup::run(const std::stop_token& stop) {
  bool failed = false;
  while (!stop.stop_requested() && !failed) {
    turn();
    failed = has_failed();
  }
  close();
  return !failed;
}

bool KafkaGroup::has_failed() const {
  std::array<char, 512> why{};
  if (rd_kafka_fatal_error(client_.get(), why.data(), why.size()) == RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  log_warn("this member of the group has failed: {}", why.data());
  return true;
}

void KafkaGroup::turn() {
  probe();
  const bool all_done =
      std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->orders().done(); });
  const bool left_out = late_ && all_done;
  if (left_out) {
    late_ = false;
    log_info("every lane is ready now; joining the group anew for the partitions left out");
  }
  if (state_.take_join_anew() || left_out) {
    if (auto subscribed = subscribe(); !subscribed) state_.set_passing(subscribed.error());
  }
  const MessagePtr message{
      rd_kafka_consumer_poll(client_.get(), static_cast<int>(options_.membership_poll.count()))};
  if (message) handle(*message);
}

void KafkaGroup::handle(const rd_kafka_message_t& message) {
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      GODWIT_CHECK(false, "{}/{} was read by no lane", place_of(message).topic,
                   place_of(message).partition.value());
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      state_.add_missing(place_of(message).topic);
      return;
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
      state_.set_passing(transient_error("was put out of the group for polling too slowly; joining again"));
      return;
    default:
      state_.set_passing(error_of(message.err, "reading from Kafka"));
  }
}

void KafkaGroup::on_rebalance(rd_kafka_t* client, int error, rd_kafka_topic_partition_list_t* partitions,
                              void* self) {
  auto& group = *static_cast<KafkaGroup*>(self);
  if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    group.assign(*partitions);
    return;
  }
  group.revoke();
  rd_kafka_assign(client, nullptr);
  log_info("gave up {} partitions", partitions->cnt);
}

void KafkaGroup::on_error(rd_kafka_t*, int, const char* reason, void* self) {
  // A lost connection is not yet a lost cluster, and not every loss of the cluster is reported as one: the
  // probe finds out.
  static_cast<KafkaGroup*>(self)->suspicion_ = reason;
}

void KafkaGroup::read_partition_counts() {
  const auto metadata = metadata_of(*client_, options_.metadata_timeout);
  if (!metadata) return;  // the next assignment looks again
  auto counts = partition_counts_of(**metadata);
  std::erase_if(counts, [&](const auto& entry) {
    return std::find(options_.topics.begin(), options_.topics.end(), entry.first) == options_.topics.end();
  });
  state_.set_partition_counts(std::move(counts));
}

bool KafkaGroup::wait_for_lanes(SteadyClock::time_point deadline) {
  bool all = true;
  for (const auto& lane : lanes_) all = lane->orders().wait(deadline) && all;
  return all;
}

void KafkaGroup::assign(const rd_kafka_topic_partition_list_t& partitions) {
  read_partition_counts();
  const auto why = options_.same_partition_count ? unequal(state_.partition_counts()) : std::nullopt;
  state_.set_unequal(why);
  if (why) {
    log_error("{}", *why);
    rd_kafka_assign(client_.get(), PartitionsPtr{rd_kafka_topic_partition_list_new(0)}.get());
    return;
  }
  if (state_.cluster_id().empty())
    state_.set_cluster_id(cluster_id(*client_, static_cast<int>(options_.cluster_id_timeout.count())));
  // One that still folds what it was asked for before: another could not open it.
  const auto given_up_by = SteadyClock::now() + options_.handover_timeout;
  std::vector<bool> is_free;
  for (const auto& lane : lanes_) is_free.push_back(lane->orders().wait(given_up_by));
  shares_ = spread_around(places_of(partitions), held_by_late_, is_free);
  for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i]->take(shares_[i]);
  // A time of their own for those that are free: whoever is not is late already.
  const auto taken_by = SteadyClock::now() + options_.handover_timeout;
  late_ = false;
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    late_ = !(is_free[i] && lanes_[i]->orders().wait(taken_by)) || late_;
  if (late_)
    log_error("a lane has not opened its partitions within {} ms; they are not read until it has",
              options_.handover_timeout.count());
  std::vector<stream::Position> positions;
  for (const auto& lane : lanes_) {
    const auto taken = lane->orders().positions();
    positions.insert(positions.end(), taken.begin(), taken.end());
  }
  const ReadOn from = read_on(positions, oldest_offsets(*client_, positions, options_.metadata_timeout),
                              options_.expiring_topics);
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    for (const stream::TopicPartition& at : shares_[i])
      if (const auto gone = from.expired.find(at); gone != from.expired.end())
        lanes_[i]->tell_expired(at, gone->second);
  const auto code = rd_kafka_assign(client_.get(), to_list(from.positions).get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    log_error("cannot take the assigned partitions: {}", rd_kafka_err2str(code));
  log_info("assigned {} partitions", positions.size());
}

void KafkaGroup::revoke() {
  late_ = false;
  for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i]->give_up(shares_[i]);
  if (!wait_for_lanes(SteadyClock::now() + options_.handover_timeout))
    log_error(
        "a lane has not committed within {} ms; its partitions are released while it still folds what it has "
        "read of them",
        options_.handover_timeout.count());
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (lanes_[i]->orders().done()) held_by_late_[i].clear();
    held_by_late_[i].insert(held_by_late_[i].end(), shares_[i].begin(), shares_[i].end());
  }
  shares_.assign(lanes_.size(), {});
}

void KafkaGroup::probe() {
  const auto now = SteadyClock::now();
  if ((!suspicion_ && !state_.any_missing()) || now < next_probe_) return;
  next_probe_ = now + options_.probe_interval;
  const auto metadata = metadata_of(*client_, options_.probe_timeout);
  if (!metadata) {
    state_.set_down(suspicion_);
    return;
  }
  suspicion_.reset();
  state_.set_down(std::nullopt);
  const auto exist = partition_counts_of(**metadata);
  state_.forget_missing([&](const std::string& topic) { return exist.contains(topic); });
}

void KafkaGroup::close() {
  if (closed_) return;
  closed_ = true;
  rd_kafka_consumer_close(client_.get());
}

}  // namespace godwit::kafka
