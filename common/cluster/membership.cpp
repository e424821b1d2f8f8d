#include "common/cluster/membership.h"

#include <algorithm>

#include "common/base/log.h"
#include "common/json/writer.h"

namespace godwit::cluster {
namespace {

LinkOptions link_options(const MembershipOptions& options) {
  LinkOptions out = options.link;
  out.board.consumer = options.self.consumer;
  out.board.group = options.self.group;
  out.board.store_key = options.store_key;
  return out;
}

void write_counts(json::Writer& out, const std::map<std::string, std::int32_t>& counts) {
  out.key("partition_counts").begin_object();
  for (const auto& [topic, count] : counts) out.member(topic, count);
  out.end_object();
}

void write_instance(json::Writer& out, const Peer& peer, Millis heard_ago) {
  out.begin_object().member("instance", peer.instance).member("url", peer.url);
  out.member("version", peer.version).member("epoch", format_rfc3339(from_unix_ms(peer.epoch_ms)));
  out.member("heard_ms_ago", std::int64_t{heard_ago.count()}).key("partitions").begin_array();
  for (const projection::PartitionState& state : peer.partitions) {
    out.begin_object().member("topic", state.at.topic).member("partition", state.at.partition.value());
    out.member("next_offset", state.next_offset).member("high_offset", state.high_offset);
    out.member("lag", state.lag()).member("caught_up", state.caught_up).end_object();
  }
  out.end_array().end_object();
}

}  // namespace

Membership::Membership(MembershipOptions options, const sqlite::Readers& files,
                       std::function<projection::RunnerSnapshot()> folded, stream::Publisher& publisher,
                       OpenPeers open)
    : options_(std::move(options)),
      files_(files),
      folded_(std::move(folded)),
      client_(options_.client),
      link_(
          link_options(options_), [this] { return self(); }, publisher, std::move(open)) {}

void Membership::start(const std::string& url) {
  {
    const std::lock_guard lock{mutex_};
    url_ = url;
  }
  link_.start();
}

Peer Membership::self() const {
  Peer out = options_.self;
  {
    const std::lock_guard lock{mutex_};
    out.url = url_;
  }
  auto snapshot = folded_();
  out.partitions = std::move(snapshot.partitions);
  out.partition_counts = std::move(snapshot.partition_counts);
  return out;
}

// An instance that has never been given a partition knows the counts from the others.
std::map<std::string, std::int32_t> Membership::counts(const projection::RunnerSnapshot& snapshot,
                                                       const std::vector<PeerBoard::Heard>& others) const {
  auto out = snapshot.partition_counts;
  if (!out.empty()) return out;
  for (const PeerBoard::Heard& heard : others)
    for (const auto& [topic, count] : heard.peer.partition_counts) {
      auto& most = out[topic];
      most = std::max(most, count);
    }
  return out;
}

Shares Membership::shares() const {
  const auto now = Steady::now();
  const auto snapshot = folded_();
  const auto names = files_.names();
  return share_out(options_.store_key, counts(snapshot, link_.peers(now)), {names.begin(), names.end()},
                   snapshot.partitions, link_.owners(now));
}

std::vector<Result<http::ClientResponse>> Membership::ask(const std::vector<http::ClientRequest>& requests,
                                                          Millis timeout) {
  return client_.send(requests, timeout);
}

void Membership::pipe(const http::ClientRequest& request, http::StreamWriter& out) {
  auto last = Steady::now();
  http::ClientRequest question = request;
  question.total_timeout = Millis{0};
  question.sink = [&](std::string_view bytes) {
    last = Steady::now();
    return !out.stopping() && out.send(bytes);
  };
  question.progress = [&](std::uint64_t, std::uint64_t) {
    return !out.stopping() && Steady::now() - last < options_.stream_silence_max;
  };
  const auto ended = http::Client{}.send(question);
  if (!ended) log_debug("a stream passed through ended: {}", ended.error().message);
}

std::string Membership::overview_json() const {
  const auto now = Steady::now();
  const Peer own = self();
  const auto others = link_.peers(now);
  json::Writer out;
  out.begin_object().member("consumer", own.consumer).member("group", own.group);
  out.member("instance", own.instance).member("url", own.url);
  write_counts(out, counts(folded_(), others));
  out.key("instances").begin_array();
  write_instance(out, own, Millis{0});
  for (const PeerBoard::Heard& heard : others)
    write_instance(out, heard.peer, std::chrono::floor<Millis>(now - heard.at));
  out.end_array().key("unowned").begin_array();
  for (const std::string& store : shares().unowned) out.raw(shown_as_json(store));
  out.end_array().end_object();
  return out.take();
}

}  // namespace godwit::cluster
