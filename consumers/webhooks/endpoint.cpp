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

const Endpoint* find_endpoint(const Endpoints& endpoints, std::string_view name) {
  const auto found = std::find_if(endpoints.begin(), endpoints.end(),
                                  [&](const Endpoint& endpoint) { return endpoint.name == name; });
  return found == endpoints.end() ? nullptr : &*found;
}

}  // namespace godwit::webhooks
