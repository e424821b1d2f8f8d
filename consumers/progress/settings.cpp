#include "consumers/progress/settings.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace godwit::progress {

void Settings::add(service::Flags& flags) {
  flags.integer("stall-after", stall_after_seconds, 1, 86'400 * 30,
                "Seconds without an event after which a running task is called stalled");
  flags.integer("keep-finished", keep_finished_days, 1, 3650,
                "Days, by event time, that a task stays after the last news of it");
  flags.texts("stage-weight", stage_weights,
              "STAGE=NUMBER, the share of a stage in the percentage where the worker gives none; repeatable");
}

Result<Weights> Settings::weights() const {
  Weights out;
  for (const std::string& text : stage_weights) {
    const std::size_t equals = text.find('=');
    double weight = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = equals == std::string::npos
                            ? std::from_chars_result{text.data(), std::errc::invalid_argument}
                            : std::from_chars(text.data() + equals + 1, end, weight);
    const bool ok = equals != 0 && parsed.ec == std::errc{} && parsed.ptr == end && std::isfinite(weight);
    if (!ok || weight < 0 || weight > 1'000'000)
      return invalid_error(fmt::format("--stage-weight: '{}' is not STAGE=NUMBER such as export=5", text));
    out[text.substr(0, equals)] = weight;
  }
  return out;
}

Result<Progress> Settings::projection() const {
  auto told = weights();
  if (!told) return told.error();
  return Progress{.weights = std::move(*told), .keep = std::chrono::days{keep_finished_days}};
}

}  // namespace godwit::progress
