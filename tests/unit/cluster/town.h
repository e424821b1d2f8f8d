// A town of instances of one consumer, in one process: one log in memory, a directory and a view for each,
// and a network that calls the others' routers. The test says who owns which partition, and whose word has
// been heard.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/cluster/peers.h"
#include "common/http/router.h"
#include "common/projection/runner.h"
#include "common/service/view.h"
#include "common/sqlite/partition_files.h"
#include "common/stream/event_record.h"
#include "common/stream/memory_log.h"
#include "common/stream/partitioner.h"
#include "tests/lib/temporary_directory.h"

namespace godwit::test {

inline constexpr std::int32_t town_partitions = 6;
inline constexpr std::array<const char*, 3> town_topics{"migrations.lifecycle", "migrations.progress",
                                                        "platform.activity"};

template <class P, class Tables, class View, class Settings,
          projection::StoreKey Key = projection::StoreKey::partition>
class Town {
 public:
  explicit Town(std::size_t instances = 3, const Settings& settings = {}) {
    for (std::size_t i = 0; i < instances; ++i) all_.push_back(std::make_unique<Instance>(*this, settings));
    for (std::int32_t partition = 0; partition < town_partitions; ++partition)
      move(partition, static_cast<std::size_t>(partition) % instances);
    fold();
    hear();
  }

  // As a producer would: by the partition of the key.
  void tell(const event::Event& event) {
    auto record = stream::encode(event);
    const auto partition = stream::partition_of(record.key.value_or(""), town_partitions);
    log.append(std::move(record), partition);
  }
  // Everybody folds all there is of what it owns.
  void fold() {
    for (const auto& instance : all_)
      for (int turn = 0; turn < 200; ++turn) instance->runner.turn(instance->source);
  }
  // Gives a partition to another instance, which has to fold it anew. Nobody has heard of it yet.
  void move(std::int32_t partition, std::size_t to) {
    const auto places = places_of(partition);
    if (const auto from = owner_.find(partition); from != owner_.end())
      all_[from->second]->source.revoke(places);
    owner_[partition] = to;
    all_[to]->source.assign(places);
  }
  // Everybody hears who owns what now, and how far it is.
  void hear() {
    heard_.clear();
    for (std::size_t i = 0; i < all_.size(); ++i)
      for (const auto& [store, caught_up] : cluster::stores_of(Key, all_[i]->runner.stats().partitions))
        heard_[store] = {std::to_string(i), url(i), caught_up};
  }

  // Everybody hears that the owner of this store has not caught up.
  void hear_behind(const std::string& store) { heard_.at(store).caught_up = false; }

  http::Response get(std::size_t instance, std::string_view target, const http::NameValues& headers = {}) {
    return answer(instance, "GET", target, headers);
  }
  View& view(std::size_t instance) { return all_[instance]->view; }
  std::size_t owner(std::string_view key) const {
    return owner_.at(stream::partition_of(key, town_partitions).value());
  }
  static std::string url(std::size_t instance) { return "http://" + std::to_string(instance); }

  stream::MemoryLog log{town_partitions};
  FakeClock clock{from_unix_ms(1'790'000'000'000)};
  std::set<std::size_t> down;  // instances that do not answer
  bool counts_known = true;
  std::function<void()> while_waiting;  // what happens while somebody waits for news
  int questions = 0;                    // asked of others so far

 private:
  class Instance final : public cluster::Peers {
   public:
    Instance(Town& t, const Settings& settings)
        : town(t), view({readers, t.log, t.clock, *this, stores.directory()}, settings) {
      view.routes(router);
    }

    cluster::Shares shares() const override {
      std::map<std::string, std::int32_t> counts;
      if (town.counts_known)
        for (const char* topic : town_topics) counts[topic] = town_partitions;
      const auto names = readers.names();
      return cluster::share_out(Key, counts, {names.begin(), names.end()}, runner.stats().partitions,
                                town.heard_);
    }
    const cluster::AskLimits& limits() const override { return ask_limits; }
    std::vector<Result<http::ClientResponse>> ask(const std::vector<http::ClientRequest>& requests,
                                                  Millis) override {
      std::vector<Result<http::ClientResponse>> out;
      out.reserve(requests.size());
      for (const http::ClientRequest& request : requests) out.push_back(town.carry(request));
      return out;
    }
    void pipe(const http::ClientRequest& request, http::StreamWriter& out) override {
      const auto [instance, target] = town.find(request.url);
      town.answer(instance, "GET", target, request.headers).stream(out);
    }
    void await_news(Millis) override {
      if (town.while_waiting) town.while_waiting();
    }

    Town& town;
    cluster::AskLimits ask_limits;
    testing::TemporaryDirectory directory;
    sqlite::Readers readers;
    sqlite::PartitionFiles<P, Tables> stores{directory.path(), readers};
    View view;
    http::Router router;
    projection::Runner runner{
        {.consumer = std::string{P::name}, .store_key = Key}, stores, town.log, town.clock, nullptr};
    stream::MemorySource source{town.log, runner};
  };

  static std::vector<stream::TopicPartition> places_of(std::int32_t partition) {
    std::vector<stream::TopicPartition> out;
    out.reserve(town_topics.size());
    for (const char* topic : town_topics) out.push_back({topic, stream::Partition{partition}});
    return out;
  }
  static std::pair<std::size_t, std::string> find(const std::string& whole_url) {
    const std::string rest = whole_url.substr(std::string_view{"http://"}.size());
    const std::size_t slash = rest.find('/');
    return {std::stoul(rest.substr(0, slash)), rest.substr(slash)};
  }
  http::Response answer(std::size_t instance, const std::string& method, std::string_view target,
                        const http::NameValues& headers) {
    auto request = http::make_request(method, target);
    REQUIRE(request);
    request->headers = headers;
    return all_[instance]->router.handle(std::move(*request));
  }
  Result<http::ClientResponse> carry(const http::ClientRequest& request) {
    ++questions;
    const auto [instance, target] = find(request.url);
    if (down.contains(instance)) return transient_error("instance " + std::to_string(instance) + " is down");
    http::Response response = answer(instance, request.method, target, request.headers);
    http::ClientResponse out{.status = response.status, .headers = response.headers, .body = response.body};
    out.headers.emplace_back("content-type", response.content_type);
    return out;
  }

  std::vector<std::unique_ptr<Instance>> all_;
  std::map<std::int32_t, std::size_t> owner_;
  std::map<std::string, cluster::Owner> heard_;
};

}  // namespace godwit::test
