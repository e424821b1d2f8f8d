#include "common/metrics/exposition.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

namespace godwit::metrics {
namespace {

constexpr std::string_view total = "_total";
constexpr std::string_view escaped = "\\\n\"";

void escape_into(std::string& out, std::string_view text, bool quotes) {
  if (text.find_first_of(escaped) == std::string_view::npos) {
    out += text;
    return;
  }
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

std::string_view name_of(Kind kind, Format format) {
  switch (kind) {
    case Kind::counter:
      return "counter";
    case Kind::gauge:
      return "gauge";
    case Kind::histogram:
      return "histogram";
    case Kind::untyped:
      break;
  }
  return format == Format::openmetrics ? "unknown" : "untyped";
}

void append_count(std::string& out, std::uint64_t value) {
  const fmt::format_int digits{value};
  out.append(digits.data(), digits.size());
}

}  // namespace

std::string_view content_type(Format format) {
  return format == Format::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                       : "text/plain; version=0.0.4; charset=utf-8";
}

std::string format_value(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string format_bound(double value) {
  if (!std::isfinite(value)) return format_value(value);
  // From a million on with an exponent, and as few digits as read back the same.
  std::string out = fmt::format("{}", value);
  for (int digits = 0; digits <= 16 && std::abs(value) >= 1e6; ++digits) {
    out = fmt::format("{:.{}e}", value, digits);
    if (std::strtod(out.c_str(), nullptr) == value) break;
  }
  if (out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

// In OpenMetrics a counter's family has the name without `_total`, and TYPE comes before HELP. A counter that
// has no such name to lose could only be a family of another type.
void Exposition::family(std::string_view name, Kind kind, std::string_view help) {
  name_ = name;
  const bool open = format_ == Format::openmetrics;
  if (open && kind == Kind::counter && !name.ends_with(total)) kind = Kind::untyped;
  if (open && kind == Kind::counter) name.remove_suffix(total.size());
  const auto type = [&] {
    text_.append("# TYPE ").append(name) += ' ', text_.append(name_of(kind, format_)) += '\n';
  };
  if (open) type();
  text_.append("# HELP ").append(name) += ' ';
  escape_into(text_, help, open);
  text_ += '\n';
  if (!open) type();
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

void Exposition::end(const Exemplar* exemplar) {
  if (exemplar != nullptr && format_ == Format::openmetrics) {
    text_ += " # {trace_id=\"";
    escape_into(text_, exemplar->trace_id, true);
    const auto ms = to_unix_ms(exemplar->at);
    text_ += fmt::format("\"}} {} {}.{:03}", format_value(exemplar->value), ms / 1000, ms % 1000);
  }
  text_ += '\n';
}

void Exposition::sample(const Labels& labels, std::uint64_t value, const Exemplar* exemplar) {
  head("", labels, "");
  append_count(text_, value);
  end(exemplar);
}

void Exposition::sample(const Labels& labels, double value) {
  head("", labels, "");
  text_ += format_value(value);
  text_ += '\n';
}

void Exposition::histogram(const Labels& labels, std::span<const double> bounds,
                           std::span<const std::uint64_t> buckets, double sum,
                           std::span<const Exemplar* const> exemplars) {
  std::uint64_t cumulated = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    cumulated += buckets[i];
    head("_bucket", labels, i < bounds.size() ? format_bound(bounds[i]) : "+Inf");
    append_count(text_, cumulated);
    end(i < exemplars.size() ? exemplars[i] : nullptr);
  }
  head("_sum", labels, "");
  text_ += format_value(sum) + "\n";
  head("_count", labels, "");
  append_count(text_, cumulated);
  text_ += '\n';
}

std::string Exposition::take() {
  if (format_ == Format::openmetrics) text_ += "# EOF\n";
  return std::move(text_);
}

}  // namespace godwit::metrics
