#include "common/cluster/route.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/cluster/gather.h"
#include "common/stream/partitioner.h"

namespace godwit::cluster {
namespace {

constexpr int tries_max = 2;
constexpr const char* last_event_id = "Last-Event-ID";

http::Response nobody(const Peers& peers, const std::string& store, const std::string& why) {
  const auto [topic, partition] = parts_of(store);
  return http::retry_later(503, fmt::format("partition {}: {}", shown(store), why),
                           peers.limits().retry_after_seconds, {{"partition", std::int64_t{partition}}});
}

// Whether the topics have it, as far as is known.
bool exists(const Shares& shares, const std::string& store) {
  return shares.own.contains(store) || shares.unowned.contains(store) ||
         std::any_of(shares.peers.begin(), shares.peers.end(),
                     [&](const auto& peer) { return peer.second.contains(store); });
}

http::Response passed_on(http::ClientResponse answer) {
  http::Response out;
  out.status = answer.status;
  out.content_type = std::string{answer.header("Content-Type").value_or("")};
  out.body = std::move(answer.body);
  for (const char* name : {"Retry-After", "Cache-Control"})
    if (const auto value = answer.header(name)) out.headers.emplace_back(name, *value);
  return out;
}

// One question about one key. Passing on differs; finding the owner does not.
class Routing {
 public:
  Routing(Peers& peers, const http::Request& request) : peers_(peers), request_(request) {}
  virtual ~Routing() = default;

  // `store_of(shares)`: which store is asked about.
  template <class StoreOf>
  http::Response run(const sqlite::Readers& all, const StoreOf& store_of, const ReadFiles& read) {
    if (is_hop(request_)) return answer_whole_hop(all, request_, read);
    for (int turn = 0;; ++turn) {
      const Shares shares = peers_.shares();
      if (!shares.known) return not_known(peers_);
      if (shares.count == 0) return read(all);
      const Stores store{store_of(shares)};
      const std::string& name = *store.begin();
      if (const sqlite::Readers files{all, store}; !files.names().empty()) return read(files);
      if (!exists(shares, name))
        return http::problem(404, fmt::format("there is no partition {}", shown(name)));
      if (turn == tries_max) return nobody(peers_, name, "it is just moving between instances");
      const std::string* url = owner_of(shares, name);
      if (url == nullptr) return nobody(peers_, name, "no instance answers for it now; it may be moving");
      auto answer = ask(*url, store);
      if (!answer) return nobody(peers_, name, answer.error().message);
      if (covered_by(*answer) == store) return pass_on(*url, store, std::move(*answer));
      peers_.await_news(peers_.limits().news_wait);
    }
  }

 protected:
  // The owner's answer to `question`, or what is known of it before the rest is passed through.
  virtual void prepare(http::ClientRequest& question) const = 0;
  virtual http::Response pass_on(const std::string& url, const Stores& store,
                                 http::ClientResponse answer) const = 0;

  http::ClientRequest question_to(const std::string& url, const Stores& store) const {
    http::ClientRequest question = hop_to(url, http::target_of(request_), store);
    question.response_bytes_max = peers_.limits().answer_bytes_max;
    if (const auto id = request_.header(last_event_id)) question.headers.emplace_back(last_event_id, *id);
    return question;
  }
  Peers& peers() const { return peers_; }

 private:
  static const std::string* owner_of(const Shares& shares, const std::string& store) {
    for (const auto& [url, stores] : shares.peers)
      if (stores.contains(store)) return &url;
    return nullptr;
  }

  Result<http::ClientResponse> ask(const std::string& url, const Stores& store) {
    http::ClientRequest question = question_to(url, store);
    prepare(question);
    return std::move(peers_.ask({std::move(question)}, peers_.limits().timeout).front());
  }

  Peers& peers_;
  const http::Request& request_;
};

class Whole final : public Routing {
  using Routing::Routing;
  void prepare(http::ClientRequest&) const override {}
  http::Response pass_on(const std::string&, const Stores&, http::ClientResponse answer) const override {
    return passed_on(std::move(answer));
  }
};

class Streamed final : public Routing {
  using Routing::Routing;
  void prepare(http::ClientRequest& question) const override { question.method = "HEAD"; }
  http::Response pass_on(const std::string& url, const Stores& store,
                         http::ClientResponse answer) const override {
    if (answer.status >= 400) return refusal(url, store);
    http::Response out = passed_on(std::move(answer));
    if (out.status != 200) return out;
    out.stream = [&to = peers(), question = question_to(url, store)](http::StreamWriter& writer) {
      to.pipe(question, writer);
    };
    return out;
  }
  // What HEAD left out: why there is no stream.
  http::Response refusal(const std::string& url, const Stores& store) const {
    auto answer = std::move(peers().ask({question_to(url, store)}, peers().limits().timeout).front());
    if (!answer) return http::unavailable(answer.error().message, peers().limits().retry_after_seconds);
    return passed_on(std::move(*answer));
  }
};

struct StoreOfKey {
  std::string_view key;
  std::string operator()(const Shares& shares) const {
    return projection::store_name(projection::StoreKey::partition, "",
                                  stream::partition_of(key, shares.count));
  }
};

}  // namespace

http::Response answer_key(Peers& peers, const sqlite::Readers& all, const http::Request& request,
                          std::string_view key, const ReadFiles& read) {
  return Whole{peers, request}.run(all, StoreOfKey{key}, read);
}

http::Response answer_store(Peers& peers, const sqlite::Readers& all, const http::Request& request,
                            const std::string& store, const ReadFiles& read) {
  return Whole{peers, request}.run(
      all, [&store](const Shares&) { return store; }, read);
}

http::Response answer_key_with_stream(Peers& peers, const sqlite::Readers& all, const http::Request& request,
                                      std::string_view key, const ReadFiles& read) {
  return Streamed{peers, request}.run(all, StoreOfKey{key}, read);
}

}  // namespace godwit::cluster
