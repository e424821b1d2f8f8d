#include "consumers/dashboard/paging.h"

#include <tuple>

namespace godwit::dashboard {
namespace {

constexpr std::size_t cursor_bytes_max = 160;

}  // namespace

Result<PageQuery, http::BadParameter> read_page_query(const http::Request& request,
                                                      std::int64_t limit_default,
                                                      std::initializer_list<std::string_view> known) {
  if (auto unknown = http::unknown_parameter(request, known)) return *unknown;
  auto limit = http::query_integer(request, "limit", {.min = 1, .max = limit_max, .fallback = limit_default});
  if (!limit) return limit.error();
  auto text = http::query_text(request, "cursor", cursor_bytes_max);
  if (!text) return text.error();
  PageQuery query{*limit, std::nullopt};
  if (!text->has_value()) return query;
  query.behind = Cursor::parse(**text);
  if (!query.behind)
    return http::BadParameter{"cursor", "parameter 'cursor' must be the next_cursor of the page before"};
  return query;
}

bool newer(std::string_view a, std::string_view b) {
  const auto first = Cursor::parse(a);
  const auto second = Cursor::parse(b);
  if (!first || !second) return first.has_value() && !second;
  return std::tie(first->at_ms, first->task_id) > std::tie(second->at_ms, second->task_id);
}

}  // namespace godwit::dashboard
