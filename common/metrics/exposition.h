// Exposition: a page of metrics, in the Prometheus text format 0.0.4 or in OpenMetrics 1.0.
// https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md
// https://github.com/prometheus/docs/blob/main/docs/specs/om/open_metrics_spec.md
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"

namespace godwit::metrics {

enum class Format { text, openmetrics };
std::string_view content_type(Format format);

enum class Kind { counter, gauge, histogram, untyped };

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

// One observation that went into a counter or a bucket, and the trace it came from. Only OpenMetrics shows
// it.
struct Exemplar {
  std::string trace_id;  // 32 hex digits
  double value = 0;      // lies within its bucket
  Timestamp at{};

  bool operator==(const Exemplar&) const = default;
};

// Builds a page family by family; all samples of a family follow its head. Label values and help are escaped.
// The same values make the same series in both formats: a counter is named with its `_total` here, bounds are
// written alike ("1.0"), and an untyped family is `unknown` in OpenMetrics. Not thread-safe.
class Exposition {
 public:
  explicit Exposition(Format format = Format::text) : format_(format) {}

  void family(std::string_view name, Kind kind, std::string_view help);
  // Printed as an integer, exact.
  void sample(const Labels& labels, std::uint64_t value, const Exemplar* exemplar = nullptr);
  void sample(const Labels& labels, double value);
  // Buckets not cumulated, one more than bounds: the last counts what lies above all bounds. Exemplars: none,
  // or one for each bucket, null where there is none.
  void histogram(const Labels& labels, std::span<const double> bounds, std::span<const std::uint64_t> buckets,
                 double sum, std::span<const Exemplar* const> exemplars = {});

  Format format() const { return format_; }
  // What has been written so far.
  const std::string& text() const { return text_; }
  // The whole page, with its end; nothing may be added afterwards.
  std::string take();

 private:
  void head(std::string_view suffix, const Labels& labels, std::string_view le);
  void end(const Exemplar* exemplar);

  Format format_;
  std::string name_;
  std::string text_;
};

// The shortest text that reads back as the same double; "+Inf", "-Inf", "NaN".
std::string format_value(double value);
// The same with a decimal point or an exponent, as a bucket's `le` is written: "1.0", "0.005", "1e+06".
std::string format_bound(double value);

}  // namespace godwit::metrics
