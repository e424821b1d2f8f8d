#include "consumers/audit/answer.h"

namespace godwit::audit {
namespace {

constexpr const char* place_behind_all = "9";  // other rows of an event begin with 0 or 1

}  // namespace

cluster::Row pruned_row() { return {place_behind_all, R"({"pruned":true})"}; }

bool is_pruned(const cluster::Row& row) { return row.place == place_behind_all; }

bool is_pruned(const cluster::Page& page) { return !page.rows.empty() && is_pruned(page.rows.front()); }

http::Response pruned_response(const std::string& event_id) {
  return http::problem(
      410, fmt::format("the record of event {} was pruned; its segment may be in an archive", event_id));
}

}  // namespace godwit::audit
