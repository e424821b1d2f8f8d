#include "common/metrics/exposition.h"

#include <fmt/format.h>

#include <cmath>

namespace godwit::metrics {
namespace {

void escape_into(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::counter:
      return "counter";
    case Kind::gauge:
      return "gauge";
    case Kind::histogram:
      return "histogram";
    case Kind::untyped:
      return "untyped";
  }
  return "untyped";
}

}  // namespace

std::string format_value(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

void Exposition::family(std::string_view name, Kind kind, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} ", name);
  escape_into(text_, help, false);
  text_ += fmt::format("\n# TYPE {} {}\n", name, name_of(kind));
}

void Exposition::head(std::string_view suffix, const Labels& labels, std::string_view le) {
  text_ += name_;
  text_ += suffix;
  if (labels.empty() && le.empty()) {
    text_ += ' ';
    return;
  }
  char separator = '{';
  const auto put = [&](std::string_view name, std::string_view value) {
    text_ += separator;
    text_ += name;
    text_ += "=\"";
    escape_into(text_, value, true);
    text_ += '"';
    separator = ',';
  };
  for (const auto& [name, value] : labels) put(name, value);
  if (!le.empty()) put("le", le);
  text_ += "} ";
}

void Exposition::sample(const Labels& labels, std::uint64_t value) {
  head("", labels, "");
  text_ += fmt::format("{}\n", value);
}

void Exposition::sample(const Labels& labels, double value) {
  head("", labels, "");
  text_ += format_value(value);
  text_ += '\n';
}

void Exposition::histogram(const Labels& labels, std::span<const double> bounds,
                           std::span<const std::uint64_t> buckets, double sum) {
  std::uint64_t cumulated = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    cumulated += buckets[i];
    head("_bucket", labels, i < bounds.size() ? format_value(bounds[i]) : "+Inf");
    text_ += fmt::format("{}\n", cumulated);
  }
  head("_sum", labels, "");
  text_ += format_value(sum) + "\n";
  head("_count", labels, "");
  text_ += fmt::format("{}\n", cumulated);
}

}  // namespace godwit::metrics
