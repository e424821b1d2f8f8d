// Reading: what the partition files of this process hold for the dashboard, gathered into plain values. Each
// file is read as one committed state; files are read one after the other.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sqlite/readers.h"
#include "consumers/dashboard/projection.h"

namespace godwit::dashboard {

inline constexpr std::size_t hours_read = 168;  // of which the page can ask
inline constexpr std::size_t trend_hours = 24;  // of these in the answers of old
inline constexpr std::int64_t recent_max = 10;  // newest completions and failures shown together
inline constexpr std::int64_t active_shown_max =
    100;  // of the dashboard's active tasks; /active pages through all

// Where a page of a list begins: behind this row, in the list's order (newest first, then by task id
// downwards).
struct Cursor {
  std::int64_t at_ms = 0;
  std::string task_id;

  // "<at_ms>:<task_id>"
  std::string text() const;
  static std::optional<Cursor> parse(std::string_view text);
};

struct Row {
  std::string task_id;
  std::int64_t at_ms = 0;
  Task task;
};

struct Page {
  std::vector<Row> rows;
  bool more = false;  // the list goes on behind the last row
};

struct Figures {
  std::map<std::string, Counters> providers;
  Counters total;
  std::int64_t active = 0, pending = 0;      // tasks on these lists
  std::array<Counters, hours_read> hours{};  // the last one is the hour of `first_hour + hours_read - 1`
  std::int64_t first_hour = 0;
};

struct Overview {
  Figures figures;
  Page active, completed, failed;
};

Figures read_figures(const sqlite::Readers& readers, Timestamp now);
Overview read_overview(const sqlite::Readers& readers, Timestamp now);
Page read_page(const sqlite::Readers& readers, List list, std::int64_t limit,
               const std::optional<Cursor>& behind);

// Several instances' readings as one, of the hours up to that of `now`.
Overview add_up(std::vector<Overview> parts, Timestamp now);

}  // namespace godwit::dashboard
