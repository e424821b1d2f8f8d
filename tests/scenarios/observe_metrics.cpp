// `expect metrics NAME{label="value",...} NUMBER`: the sum of the series that have these labels; of a
// histogram NAME_count and NAME_sum, the latter in the unit shown. `expect metrics unchanged`: since the
// expectation before, nothing was added.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "consumers/metrics/projection.h"
#include "consumers/metrics/series.h"
#include "tests/scenarios/observed.h"
#include "tests/scenarios/script.h"

namespace godwit::scenario {
namespace {

using metrics_view::Metrics;
using metrics_view::Series;

using Names = metrics_view::LabelNames;
using Sums = std::map<std::string, double>;  // by the series as text: name{a="x",b="y"}

struct Asked {
  std::string metric;
  std::vector<std::string> labels;  // each as name="value"
};

Asked read_asked(const std::string& text) {
  const std::size_t brace = text.find('{');
  Asked out{text.substr(0, brace), {}};
  if (brace == std::string::npos) return out;
  const std::string inside = text.substr(brace + 1, text.size() - brace - 2);
  for (std::size_t at = 0; at < inside.size();) {
    const std::size_t end = std::min(inside.find(',', at), inside.size());
    out.labels.push_back(inside.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string text_of(const Series& series, std::string_view suffix, const Names& names) {
  std::string labels;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!names.at(i).empty()) labels += fmt::format("{}=\"{}\",", names.at(i), series.labels.at(i));
  return fmt::format("{}{}{{{}}}", series.metric, suffix, labels);
}

template <class Infos>
const auto& info_of(const Infos& infos, std::string_view name) {
  return *std::find_if(infos.begin(), infos.end(), [&](const auto& info) { return info.name == name; });
}

class ObservedMetrics final : public Observed {
 public:
  explicit ObservedMetrics(stream::MemoryLog& log) : fold_(log) {}

  void fold() override { fold_.turn(); }

  std::string check(const Words& expected) override {
    const Sums now = sums();
    std::string wrong;
    if (expected == Words{"unchanged"}) {
      if (now != last_) wrong = "something was added:" + listed(now);
    } else if (expected.size() != 2) {
      wrong = "write: expect metrics NAME{labels} NUMBER";
    } else if (const double sum = sum_of(now, read_asked(expected[0]));
               fmt::format("{}", sum) != expected[1]) {
      wrong = fmt::format("it is {}, not {}; all:{}", sum, expected[1], listed(now));
    }
    last_ = now;
    return wrong;
  }

 private:
  Sums sums() {
    Sums out;
    for (const Metrics::Outputs& each : fold_.image().outputs) {
      for (const auto& increment : each.increments)
        out[text_of(increment.series, "", info_of(metrics_view::counters, increment.series.metric).labels)] +=
            static_cast<double>(increment.by);
      for (const auto& observation : each.observations) {
        const auto& info = info_of(metrics_view::histograms, observation.series.metric);
        out[text_of(observation.series, "_count", info.labels)] += 1;
        out[text_of(observation.series, "_sum", info.labels)] +=
            static_cast<double>(observation.value) / info.unit;
      }
    }
    return out;
  }

  static double sum_of(const Sums& sums, const Asked& asked) {
    double out = 0;
    for (const auto& entry : sums) {
      const std::string& series = entry.first;
      if (series.find(asked.metric + "{") != 0) continue;
      if (std::all_of(asked.labels.begin(), asked.labels.end(),
                      [&](const std::string& label) { return series.find(label) != std::string::npos; }))
        out += entry.second;
    }
    return out;
  }

  static std::string listed(const Sums& sums) {
    std::string out;
    for (const auto& [series, value] : sums) out += fmt::format("\n  {} {}", series, value);
    return out;
  }

  Fold<Metrics> fold_;
  Sums last_;
};

}  // namespace

std::unique_ptr<Observed> observe_metrics(stream::MemoryLog& log) {
  return std::make_unique<ObservedMetrics>(log);
}

}  // namespace godwit::scenario
