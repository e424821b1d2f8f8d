#include "common/cluster/peer.h"

#include <optional>

#include "common/json/fields.h"
#include "common/json/writer.h"

namespace godwit::cluster {
namespace {

constexpr int nesting_max = 3;
constexpr std::int64_t partition_max = 1'000'000;

// Reads members that must be there; remembers whether all were.
class Strict {
 public:
  Strict(const rapidjson::Value& value, const PeerLimits& limits) : in_(value), limits_(limits) {}

  std::string text(const char* name) {
    auto found = in_.text(name);
    ok_ = ok_ && found && !found->empty() && found->size() <= limits_.text_bytes_max;
    return found.value_or("");
  }
  std::int64_t integer(const char* name, std::int64_t max = std::numeric_limits<std::int64_t>::max()) {
    const auto found = in_.integer(name);
    ok_ = ok_ && found && *found >= 0 && *found <= max;
    return found.value_or(0);
  }
  bool flag(const char* name) {
    const auto found = in_.maybe_flag(name);
    ok_ = ok_ && found;
    return found.value_or(false);
  }
  bool ok() const { return ok_; }

 private:
  json::Object in_;
  const PeerLimits& limits_;
  bool ok_ = true;
};

std::optional<std::map<std::string, std::int32_t>> read_counts(const rapidjson::Value* value,
                                                               const PeerLimits& limits) {
  if (value == nullptr || !value->IsObject() || value->MemberCount() > limits.partitions_max)
    return std::nullopt;
  std::map<std::string, std::int32_t> out;
  for (const auto& member : value->GetObject()) {
    if (!member.value.IsInt() || member.value.GetInt() < 1 || member.value.GetInt() > partition_max)
      return std::nullopt;
    out.emplace(member.name.GetString(), member.value.GetInt());
  }
  return out;
}

std::optional<std::vector<projection::PartitionState>> read_partitions(const rapidjson::Value* value,
                                                                       const PeerLimits& limits) {
  if (value == nullptr || !value->IsArray() || value->Size() > limits.partitions_max) return std::nullopt;
  std::vector<projection::PartitionState> out;
  for (const auto& element : value->GetArray()) {
    Strict in{element, limits};
    projection::PartitionState state;
    state.at.topic = in.text("topic");
    state.at.partition = stream::Partition{static_cast<std::int32_t>(in.integer("partition", partition_max))};
    state.next_offset = in.integer("next_offset");
    state.high_offset = in.integer("high_offset");
    state.caught_up = in.flag("caught_up");
    if (!in.ok()) return std::nullopt;
    out.push_back(std::move(state));
  }
  return out;
}

}  // namespace

std::string key_of(const Peer& peer) { return peer.group + "/" + peer.instance; }

std::string to_json(const Peer& peer) {
  json::Writer out;
  out.begin_object().member("consumer", peer.consumer).member("group", peer.group);
  out.member("instance", peer.instance).member("url", peer.url).member("version", peer.version);
  out.member("epoch_ms", peer.epoch_ms).key("partition_counts").begin_object();
  for (const auto& [topic, count] : peer.partition_counts) out.member(topic, count);
  out.end_object().key("partitions").begin_array();
  for (const projection::PartitionState& state : peer.partitions) {
    out.begin_object().member("topic", state.at.topic).member("partition", state.at.partition.value());
    out.member("next_offset", state.next_offset).member("high_offset", state.high_offset);
    out.member("caught_up", state.caught_up).end_object();
  }
  out.end_array().end_object();
  return out.take();
}

Result<Peer> read_peer(std::string_view json, const PeerLimits& limits) {
  if (json.size() > limits.bytes_max) return invalid_error("a peer's word is too long");
  rapidjson::Document document;
  document.Parse<json::parse_flags>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject() || !json::nests_within(document, nesting_max))
    return invalid_error("a peer's word is no JSON object of ours");
  Strict in{document, limits};
  Peer peer;
  peer.consumer = in.text("consumer");
  peer.group = in.text("group");
  peer.instance = in.text("instance");
  peer.url = in.text("url");
  peer.version = in.integer("version");
  peer.epoch_ms = in.integer("epoch_ms");
  const json::Object members{document};
  auto counts = read_counts(members.find("partition_counts"), limits);
  auto partitions = read_partitions(members.find("partitions"), limits);
  if (!in.ok() || !counts || !partitions)
    return invalid_error("a peer's word lacks a member, or one is out of range");
  peer.partition_counts = std::move(*counts);
  peer.partitions = std::move(*partitions);
  return peer;
}

}  // namespace godwit::cluster
