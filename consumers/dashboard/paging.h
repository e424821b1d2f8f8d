// Paging: how a list of the dashboard is asked for.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "common/http/parameters.h"
#include "consumers/dashboard/reading.h"

namespace godwit::dashboard {

inline constexpr std::int64_t limit_max = 1000;

struct PageQuery {
  std::int64_t limit = 0;
  std::optional<Cursor> behind;
};

// `limit` and `cursor`; any parameter that is not `known` is refused.
Result<PageQuery, http::BadParameter> read_page_query(const http::Request& request,
                                                      std::int64_t limit_default,
                                                      std::initializer_list<std::string_view> known);

// Newest first, then by id downwards; what is no cursor of ours sorts last.
bool newer(std::string_view a, std::string_view b);

}  // namespace godwit::dashboard
