#include "consumers/webhooks/endpoint.h"

#include <algorithm>

namespace godwit::webhooks {

std::vector<Millis> RetryPlan::default_waits() {
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  return {Millis{0}, seconds{5}, seconds{30}, minutes{2}, minutes{10}, minutes{30},
          hours{2},  hours{5},   hours{10},   hours{14},  hours{20}};
}

RetryPlan RetryPlan::doubling(Millis delay, int retries) {
  constexpr Millis longest = std::chrono::hours{24};
  RetryPlan plan{.waits = {Millis{0}}, .repeat_last = false};
  Millis age{0};
  for (int i = 0; i < retries; ++i) {
    plan.waits.push_back(delay);
    age += delay;
    delay = std::min(delay * 2, longest);
  }
  // The number of tries decides, not the age.
  plan.age_max = std::max(plan.age_max, age + std::chrono::hours{24 * 30});
  return plan;
}

std::optional<QuietHours> read_quiet_hours(std::string_view text) {
  const auto clock_at = [&](std::size_t at) -> std::optional<Millis> {
    if (text.size() < at + 5 || text[at + 2] != ':') return std::nullopt;
    const auto digit = [&](std::size_t i) {
      return text[at + i] >= '0' && text[at + i] <= '9' ? text[at + i] - '0' : 99;
    };
    const int hours = digit(0) * 10 + digit(1);
    const int minutes = digit(3) * 10 + digit(4);
    if (hours > 23 || minutes > 59) return std::nullopt;
    return std::chrono::hours{hours} + std::chrono::minutes{minutes};
  };
  constexpr std::size_t plain = 11;      // "22:00-07:00"
  constexpr std::size_t with_zone = 18;  // "22:00-07:00 +02:00"
  if ((text.size() != plain && text.size() != with_zone) || text[5] != '-') return std::nullopt;
  const auto from = clock_at(0);
  const auto to = clock_at(6);
  if (!from || !to || from == to) return std::nullopt;
  if (text.size() == plain) return QuietHours{.from = *from, .to = *to};
  const auto offset = clock_at(13);
  if (!offset || text[11] != ' ' || (text[12] != '+' && text[12] != '-')) return std::nullopt;
  return QuietHours{.from = *from, .to = *to, .offset = text[12] == '-' ? -*offset : *offset};
}

std::optional<Timestamp> quiet_until(const QuietHours& quiet, Timestamp now) {
  if (quiet.from == quiet.to) return std::nullopt;
  const Timestamp local = now + quiet.offset;
  const auto midnight = std::chrono::floor<std::chrono::days>(local);
  const Millis since = local - midnight;
  constexpr Millis day = std::chrono::hours{24};
  const bool over_midnight = quiet.to < quiet.from;
  const bool is_quiet =
      over_midnight ? since >= quiet.from || since < quiet.to : since >= quiet.from && since < quiet.to;
  if (!is_quiet) return std::nullopt;
  return midnight + quiet.to + (since >= quiet.to ? day : Millis{0}) - quiet.offset;
}

bool is_active_at(const Endpoint& endpoint, Timestamp time) {
  if (time < endpoint.active_from) return false;
  if (!endpoint.enabled && endpoint.off.empty()) return false;
  return std::none_of(endpoint.off.begin(), endpoint.off.end(),
                      [&](const auto& span) { return span.first <= time && time < span.second; });
}

const Endpoint* find_endpoint(const Endpoints& endpoints, std::string_view name) {
  const auto found = std::find_if(endpoints.begin(), endpoints.end(),
                                  [&](const Endpoint& endpoint) { return endpoint.name == name; });
  return found == endpoints.end() ? nullptr : &*found;
}

}  // namespace godwit::webhooks
