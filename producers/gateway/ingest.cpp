#include "producers/gateway/ingest.h"

#include <algorithm>

namespace godwit::gateway {
namespace {

// Counts a request as waiting while it lives.
class Waiting {
 public:
  explicit Waiting(std::atomic<int>& count) : count_(count), place_(count.fetch_add(1)) {}
  ~Waiting() { count_.fetch_sub(1); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  int place() const { return place_; }

 private:
  std::atomic<int>& count_;
  int place_;
};

// Whether something is stored and nothing is left that the same request could store later.
bool is_final(const http::Response& response, const std::vector<Fate>& fates) {
  const auto may_be_better = [](Fate fate) {
    return fate == Fate::turned_away || fate == Fate::unacknowledged;
  };
  return response.status < 300 && std::none_of(fates.begin(), fates.end(), may_be_better);
}

}  // namespace

Served Ingest::post(const http::Request& request, const std::string& caller) {
  auto turn = idempotency_.begin(caller, request);
  if (auto* at_once = std::get_if<http::Response>(&turn)) return {std::move(*at_once)};
  const auto reading = read_events(request, options_.read);
  if (!reading) {
    invalid_.fetch_add(1);
    return {refusal(reading.error())};
  }
  const std::vector<Fate> fates = publish(reading->events);
  count(*reading, fates);
  http::Response response = answer(*reading, fates, options_.retry);
  if (is_final(response, fates)) std::get<Idempotency::Turn>(turn).keep(response);
  return {std::move(response), reading->events.size() + reading->refused.size()};
}

std::vector<Fate> Ingest::publish(const std::vector<event::Event>& events) {
  const Waiting waiting{waiting_};
  if (waiting.place() >= options_.waiting_max) return std::vector<Fate>(events.size(), Fate::turned_away);
  return publish_all(publisher_, events, options_.acknowledge_timeout);
}

void Ingest::count(const Reading& reading, const std::vector<Fate>& fates) {
  const auto number_of = [&fates](Fate fate) {
    return static_cast<std::uint64_t>(std::count(fates.begin(), fates.end(), fate));
  };
  accepted_.fetch_add(number_of(Fate::stored));
  invalid_.fetch_add(reading.refused.size());
  turned_away_.fetch_add(number_of(Fate::turned_away));
  unacknowledged_.fetch_add(number_of(Fate::unacknowledged));
  refused_.fetch_add(number_of(Fate::refused));
}

IngestStats Ingest::stats() const {
  return {.accepted = accepted_.load(),
          .invalid = invalid_.load(),
          .turned_away = turned_away_.load(),
          .unacknowledged = unacknowledged_.load(),
          .refused = refused_.load(),
          .requests_waiting = waiting_.load(),
          .requests_waiting_max = options_.waiting_max};
}

}  // namespace godwit::gateway
