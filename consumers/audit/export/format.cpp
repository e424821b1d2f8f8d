#include "consumers/audit/export/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "common/http/encoding.h"
#include "common/http/parameters.h"
#include "consumers/audit/entry_json.h"
#include "consumers/audit/export/cef.h"
#include "consumers/audit/export/csv.h"
#include "consumers/audit/export/ocsf.h"

namespace godwit::audit {
namespace {

constexpr std::array<FormatInfo, 5> formats{{
    {Format::json, "json", "application/json", "\n", true},
    {Format::ndjson, "ndjson", "application/x-ndjson", "\n", true},
    {Format::csv, "csv", "text/csv; charset=utf-8; header=present", "\r\n", false},
    {Format::cef, "cef", "text/plain; charset=utf-8", "\n", false},
    {Format::ocsf, "ocsf", "application/x-ndjson", "\n", true},
}};

// Media ranges, and what they are answered with. CEF and OCSF have no type of their own.
constexpr auto media_ranges = std::to_array<std::pair<std::string_view, Format>>({
    {"*/*", Format::json},
    {"application/*", Format::json},
    {"application/json", Format::json},
    {"application/x-ndjson", Format::ndjson},
    {"application/ndjson", Format::ndjson},
    {"application/jsonl", Format::ndjson},
    {"text/*", Format::csv},
    {"text/csv", Format::csv},
});

std::string_view trimmed(std::string_view text) {
  const auto first = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// Takes the text up to the next `mark`.
std::string_view take_part(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view part = trimmed(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// 0 to 1; 1 when there is none or it is no number.
double quality_of(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view parameter = take_part(parameters, ';');
    if (!http::equal_ignoring_case(take_part(parameter, '='), "q")) continue;
    double out = 1;
    std::from_chars(parameter.data(), parameter.data() + parameter.size(), out);
    return out;
  }
  return 1;
}

// Of those most wanted the first named.
std::optional<Format> best_of(std::string_view accept) {
  std::optional<Format> best;
  double best_quality = 0;
  while (!accept.empty()) {
    std::string_view range = take_part(accept, ',');
    const std::string type = http::lower_case(take_part(range, ';'));
    const double quality = quality_of(range);
    for (const auto& [known, format] : media_ranges) {
      if (known != type || quality <= best_quality) continue;
      best = format;
      best_quality = quality;
    }
  }
  return best;
}

}  // namespace

const FormatInfo& info(Format format) {
  return *std::find_if(formats.begin(), formats.end(),
                       [format](const FormatInfo& each) { return each.format == format; });
}

Result<Format, http::Response> choose_format(const http::Request& request) {
  const auto name = http::query_one_of(request, "format", {"json", "ndjson", "csv", "cef", "ocsf"});
  if (!name) return http::bad_parameter(name.error());
  if (*name)
    return std::find_if(formats.begin(), formats.end(),
                        [&](const FormatInfo& each) { return each.name == **name; })
        ->format;
  const auto accept = request.header("Accept");
  if (!accept) return Format::json;
  if (const auto format = best_of(*accept)) return *format;
  return http::problem(
      406, "this is told as application/json, application/x-ndjson or text/csv, or with ?format=");
}

std::string head_of(Format format) { return format == Format::csv ? csv_header() : std::string{}; }

std::string line_of(Format format, const AuditEntry& entry, const Row& row) {
  switch (format) {
    case Format::csv:
      return csv_line(entry, row);
    case Format::cef:
      return cef_line(entry, row);
    case Format::ocsf:
      return ocsf_line(entry, row);
    case Format::json:
    case Format::ndjson:
      break;
  }
  json::Writer out;
  write_entry(out, entry, row);
  return out.take();
}

}  // namespace godwit::audit
