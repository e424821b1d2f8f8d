#include "consumers/audit/question.h"

#include <fmt/format.h>

#include <limits>

#include "consumers/audit/free_text.h"

namespace godwit::audit {
namespace {

using http::BadParameter;
using http::Request;

// Reads the texts into their places.
std::optional<BadParameter> read_texts(const Request& request, Filter& filter, std::size_t bytes_max) {
  const std::initializer_list<std::pair<const char*, std::optional<std::string>&>> texts{
      {"task_id", filter.task_id}, {"vm_name", filter.vm_name}, {"provider", filter.provider},
      {"user", filter.user},       {"stage", filter.stage},     {"plan_id", filter.plan_id},
      {"ip", filter.ip_address}};
  for (const auto& [name, place] : texts) {
    auto text = http::query_text(request, name, bytes_max);
    if (!text) return text.error();
    place = std::move(*text);
  }
  return std::nullopt;
}

std::optional<BadParameter> read_types(const Request& request, Filter& filter, const QuestionLimits& limits) {
  filter.event_types = request.query_all("event_type");
  if (filter.event_types.size() > limits.event_types_max)
    return BadParameter{"event_type", fmt::format("parameter 'event_type' may be given {} times at most",
                                                  limits.event_types_max)};
  for (const std::string& type : filter.event_types)
    if (type.empty() || type.size() > limits.text_bytes_max)
      return BadParameter{
          "event_type", fmt::format("parameter 'event_type' must have 1 to {} bytes", limits.text_bytes_max)};
  return std::nullopt;
}

std::optional<BadParameter> read_words(const Request& request, Filter& filter) {
  const FreeTextLimits limits;
  const auto text = http::query_text(request, "q", limits.bytes_max);
  if (!text) return text.error();
  if (!*text) return std::nullopt;
  auto words = words_of(**text, limits);
  if (!words)
    return BadParameter{"q", fmt::format("parameter 'q' must have 1 to {} words", limits.words_max)};
  filter.words = std::move(*words);
  return std::nullopt;
}

std::optional<BadParameter> read_facts(const Request& request, Filter& filter) {
  auto success = http::query_boolean(request, "success");
  if (!success) return success.error();
  filter.success = *success;
  auto start = http::query_time(request, "start");
  if (!start) return start.error();
  if (*start) filter.start_ms = to_unix_ms(**start);
  auto end = http::query_time(request, "end");
  if (!end) return end.error();
  if (*end) filter.end_ms = to_unix_ms(**end);
  if (filter.start_ms && filter.end_ms && *filter.start_ms > *filter.end_ms)
    return BadParameter{"end", "parameter 'end' must not be before 'start'"};
  return std::nullopt;
}

std::optional<BadParameter> read_page(const Request& request, bool exported, const QuestionLimits& limits,
                                      Question& out) {
  auto order = http::query_one_of(request, "order", {"newest", "oldest"});
  if (!order) return order.error();
  out.page.order = order->value_or("newest") == "oldest" ? Order::oldest : Order::newest;
  constexpr std::int64_t all = std::numeric_limits<std::int64_t>::max();
  auto limit = http::query_integer(request, "limit",
                                   {.min = 1,
                                    .max = exported ? all : limits.page_rows_max,
                                    .fallback = exported ? all : limits.page_rows});
  if (!limit) return limit.error();
  out.page.rows_max = exported ? limits.page_rows_max : *limit;
  if (exported && *limit != all) out.rows_max = *limit;
  auto cursor = http::query_text(request, "cursor", limits.cursor_bytes_max);
  if (!cursor) return cursor.error();
  if (!*cursor) return std::nullopt;
  out.page.after = parse_cursor(**cursor, out.page.order);
  if (!out.page.after)
    return BadParameter{"cursor", "parameter 'cursor' must be the next_cursor of a page in the same order"};
  return std::nullopt;
}

}  // namespace

Result<Question, BadParameter> read_question(const Request& request, bool exported,
                                             const QuestionLimits& limits) {
  if (auto unknown = http::unknown_parameter(
          request, {"task_id", "vm_name", "provider", "user", "event_type", "success", "stage", "plan_id",
                    "ip", "start", "end", "q", "limit", "cursor", "order", "format"}))
    return *unknown;
  Question out;
  if (auto bad = read_texts(request, out.filter, limits.text_bytes_max)) return *bad;
  if (auto bad = read_types(request, out.filter, limits)) return *bad;
  if (auto bad = read_facts(request, out.filter)) return *bad;
  if (auto bad = read_words(request, out.filter)) return *bad;
  if (auto bad = read_page(request, exported, limits, out)) return *bad;
  return out;
}

}  // namespace godwit::audit
