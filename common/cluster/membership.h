// Membership: the Peers of a running instance. It knows its own share from its runner, the others' from the
// topic, and asks them over HTTP.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "common/cluster/link.h"
#include "common/cluster/peers.h"
#include "common/http/multi_client.h"

namespace godwit::cluster {

struct MembershipOptions {
  Peer self = {};  // without url and partitions
  projection::StoreKey store_key = projection::StoreKey::partition;
  LinkOptions link = {};  // its board is filled in from the two above
  AskLimits ask = {};
  http::MultiClientOptions client = {};
  Millis stream_silence_max{60'000};  // of a stream passed through; its owner sends a heartbeat sooner
};

// Safe from every thread but for start() and stop().
class Membership final : public Peers {
 public:
  // `folded` is not called before start() or the first question. All must outlive this.
  Membership(MembershipOptions options, const sqlite::Readers& files,
             std::function<projection::RunnerSnapshot()> folded, stream::Publisher& publisher,
             OpenPeers open);

  // From here on others are told that we answer at `url`.
  void start(const std::string& url);
  void stop() { link_.stop(); }

  Shares shares() const override;
  const AskLimits& limits() const override { return options_.ask; }
  std::vector<Result<http::ClientResponse>> ask(const std::vector<http::ClientRequest>& requests,
                                                Millis timeout) override;
  void pipe(const http::ClientRequest& request, http::StreamWriter& out) override;
  void await_news(Millis timeout) override { link_.await_news(timeout); }

  std::size_t heard_count() const { return link_.peers(Steady::now()).size(); }
  std::uint64_t rubbish_total() const { return link_.rubbish_total(); }

  // {"consumer","group","instance","url","partition_counts":{},"instances":[...],"unowned":[...]}
  std::string overview_json() const;

 private:
  Peer self() const;
  std::map<std::string, std::int32_t> counts(const projection::RunnerSnapshot& snapshot,
                                             const std::vector<PeerBoard::Heard>& others) const;

  MembershipOptions options_;
  const sqlite::Readers& files_;
  const std::function<projection::RunnerSnapshot()> folded_;
  mutable std::mutex mutex_;
  std::string url_;  // by mutex_
  http::MultiClient client_;
  PeerLink link_;
};

}  // namespace godwit::cluster
