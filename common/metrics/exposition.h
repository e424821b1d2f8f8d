// Exposition: a page of metrics in the Prometheus text format 0.0.4.
// https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit::metrics {

inline constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

enum class Kind { counter, gauge, histogram, untyped };

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

// Builds a page family by family; all samples of a family follow its head. Label values and help are escaped.
// Not thread-safe.
class Exposition {
 public:
  void family(std::string_view name, Kind kind, std::string_view help);
  void sample(const Labels& labels, std::uint64_t value);  // printed as an integer, exact
  void sample(const Labels& labels, double value);
  // Buckets not cumulated, one more than bounds: the last counts what lies above all bounds.
  void histogram(const Labels& labels, std::span<const double> bounds, std::span<const std::uint64_t> buckets,
                 double sum);

  const std::string& text() const { return text_; }

 private:
  void head(std::string_view suffix, const Labels& labels, std::string_view le);

  std::string name_;
  std::string text_;
};

// The shortest text that reads back as the same double; "+Inf", "-Inf", "NaN".
std::string format_value(double value);

}  // namespace godwit::metrics
