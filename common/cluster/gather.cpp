#include "common/cluster/gather.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/log.h"

namespace godwit::cluster {
namespace {

constexpr int rounds_max = 2;

Stores both(const Stores& a, const Stores& b) {
  Stores out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
  return out;
}

void take_away(Stores& from, const Stores& what) {
  for (const std::string& store : what) from.erase(store);
}

Stores all_of(const Shares& shares) {
  Stores out = shares.own;
  out.insert(shares.unowned.begin(), shares.unowned.end());
  for (const auto& [url, stores] : shares.peers) out.insert(stores.begin(), stores.end());
  return out;
}

// One gathering under way. `left` shrinks as stores are read; what somebody no longer owns is `disowned`.
class Gathering {
 public:
  Gathering(Peers& peers, const sqlite::Readers& all, const std::string& target, const ReadShare& read,
            const TakeAnswer& take)
      : peers_(peers), all_(all), target_(target), read_(read), take_(take) {}

  Coverage run() {
    Shares shares = peers_.shares();
    if (!shares.known) return {};
    left_ = all_of(shares);
    Stores wanted = left_;
    for (int round = 1;; ++round) {
      disowned_.clear();
      read_own(both(shares.own, wanted));
      ask_others(shares, wanted);
      if (disowned_.empty() || round == rounds_max || left_over() == Millis{0}) break;
      wanted = disowned_;
      peers_.await_news(std::min(peers_.limits().news_wait, left_over()));
      shares = peers_.shares();
    }
    Coverage out{.known = true, .missing = left_, .behind = shares.behind};
    take_away(out.behind, left_);
    return out;
  }

 private:
  Millis left_over() const {
    const auto left = std::chrono::ceil<Millis>(deadline_ - Steady::now());
    return std::max(Millis{0}, left);
  }

  void read_own(const Stores& stores) {
    if (stores.empty()) return;
    const sqlite::Readers files{all_, stores};
    const auto names = files.names();
    const Stores there{names.begin(), names.end()};
    if (!there.empty()) read_(files);
    settle(stores, there);
  }

  void ask_others(const Shares& shares, const Stores& wanted) {
    std::vector<http::ClientRequest> requests;
    std::vector<Stores> asked;
    for (const auto& [url, stores] : shares.peers) {
      Stores of_this = both(stores, wanted);
      if (of_this.empty()) continue;
      requests.push_back(hop_to(url, target_, of_this));
      requests.back().response_bytes_max = peers_.limits().answer_bytes_max;
      asked.push_back(std::move(of_this));
    }
    if (requests.empty()) return;
    const auto answers = peers_.ask(requests, left_over());
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (answers[i])
        take(*answers[i], asked[i]);
      else
        log_debug("asking for {}: {}", target_, answers[i].error().message);
    }
  }

  void take(const http::ClientResponse& answer, const Stores& asked) {
    const auto covered = covered_by(answer);
    if (!covered || answer.status != 200 || answer.body_cut) return;
    const Stores there = both(*covered, asked);
    if (there.empty() || take_(answer.body)) settle(asked, there);
  }

  void settle(const Stores& asked, const Stores& there) {
    take_away(left_, there);
    for (const std::string& store : asked)
      if (!there.contains(store)) disowned_.insert(store);
  }

  Peers& peers_;
  const sqlite::Readers& all_;
  const std::string& target_;
  const ReadShare& read_;
  const TakeAnswer& take_;
  const Steady::time_point deadline_ = Steady::now() + peers_.limits().timeout;
  Stores left_;
  Stores disowned_;
};

std::string list_of(const Stores& stores) {
  json::Writer out;
  out.begin_array();
  for (const std::string& store : stores) out.raw(shown_as_json(store));
  out.end_array();
  return out.take();
}

}  // namespace

Coverage gather(Peers& peers, const sqlite::Readers& all, const std::string& target, const ReadShare& read,
                const TakeAnswer& take) {
  return Gathering{peers, all, target, read, take}.run();
}

http::Response not_known(const Peers& peers) {
  return http::unavailable(
      "how many partitions there are is not known yet: Kafka has not answered, and no other instance was "
      "heard of",
      peers.limits().retry_after_seconds);
}

http::Response not_whole(const Peers& peers, const Coverage& coverage) {
  if (!coverage.known) return not_known(peers);
  Stores lacking = coverage.missing;
  lacking.insert(coverage.behind.begin(), coverage.behind.end());
  return http::unavailable(
      fmt::format("an answer without these partitions would be wrong, and nobody who has caught up answers "
                  "for them now: {}",
                  list_of(lacking)),
      peers.limits().retry_after_seconds);
}

void write_coverage(json::Writer& out, const Coverage& coverage) {
  out.member("partial", !coverage.whole());
  if (!coverage.missing.empty()) out.member_raw("missing", list_of(coverage.missing));
  if (!coverage.behind.empty()) out.member_raw("catching_up", list_of(coverage.behind));
}

}  // namespace godwit::cluster
