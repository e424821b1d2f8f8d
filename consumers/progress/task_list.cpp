#include "consumers/progress/task_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "consumers/progress/state_json.h"

namespace godwit::progress {
namespace {

constexpr std::size_t cursor_bytes_max = 1024;

struct SortColumn {
  std::string_view name;  // in the API
  const char* column;
  bool number;
};

constexpr SortColumn column_of(SortKey key) {
  switch (key) {
    case SortKey::vm_name:
      return {"vm_name", "vm_name", false};
    case SortKey::started:
      return {"start_time", "started_ms", true};
    case SortKey::updated:
      return {"updated_time", "updated_ms", true};
    case SortKey::task_id:
      break;
  }
  return {"task_id", "task_id", false};
}

// A place taken apart. No task id has a bar.
struct Parts {
  std::string_view value, task_id;
  std::int64_t number = 0;
};

Parts parts_of(std::string_view place, SortKey key) {
  if (key == SortKey::task_id) return {.value = place, .task_id = {}};
  const std::size_t bar = place.rfind('|');
  if (bar == std::string_view::npos) return {.value = place, .task_id = {}};
  Parts out{.value = place.substr(0, bar), .task_id = place.substr(bar + 1)};
  std::from_chars(out.value.data(), out.value.data() + out.value.size(), out.number);
  return out;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return lower(c); });
  return text;
}

bool contains(std::string_view text, std::string_view lowered) {
  return std::search(text.begin(), text.end(), lowered.begin(), lowered.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

// The statement of a page, and its values in the order of their question marks.
class Select {
 public:
  Select(const TaskQuestion& question, std::int64_t stalled_before_ms) {
    const SortColumn column = column_of(question.sort);
    equal("status", question.status);
    equal("provider", question.provider);
    equal("plan_id", question.plan);
    equal("user", question.user);
    if (question.stalled) {
      sql_ +=
          *question.stalled ? " AND waiting = 1 AND updated_ms < ?" : " AND (waiting = 0 OR updated_ms >= ?)";
      values_.push_back({.text = {}, .number = stalled_before_ms, .is_number = true});
    }
    if (question.after) begin_behind(question, column);
    const char* direction = question.descending ? "DESC" : "ASC";
    sql_ += fmt::format(" ORDER BY {0} {1}{2}", column.column, direction,
                        question.sort == SortKey::task_id ? "" : fmt::format(", task_id {}", direction));
    if (!question.text) sql_ += fmt::format(" LIMIT {}", question.limit + 1);
  }

  sqlite::Statement prepare(sqlite::Database& db) const {
    auto out = db.prepare(sql_);
    int index = 0;
    for (const Value& value : values_) {
      ++index;
      value.is_number ? out.bind_at(index, value.number) : out.bind_at(index, value.text);
    }
    return out;
  }

 private:
  struct Value {
    std::string text;
    std::int64_t number = 0;
    bool is_number = false;
  };

  void equal(const char* column, const std::optional<std::string>& wanted) {
    if (!wanted) return;
    sql_ += fmt::format(" AND {} = ?", column);
    values_.push_back({.text = *wanted});
  }
  void begin_behind(const TaskQuestion& question, const SortColumn& column) {
    const char* sign = question.descending ? "<" : ">";
    const Parts after = parts_of(*question.after, question.sort);
    const Value value{.text = std::string{after.value}, .number = after.number, .is_number = column.number};
    if (question.sort == SortKey::task_id) {
      sql_ += fmt::format(" AND task_id {} ?", sign);
      values_.push_back(value);
      return;
    }
    sql_ += fmt::format(" AND ({}, task_id) {} (?, ?)", column.column, sign);
    values_.push_back(value);
    values_.push_back({.text = std::string{after.task_id}});
  }

  std::string sql_ =
      "SELECT task_id, vm_name, started_ms, updated_ms, user, host, provider, plan_id, state FROM task "
      "WHERE removed = 0";
  std::vector<Value> values_;
};

std::string place_of(const sqlite::Statement& row, SortKey key) {
  switch (key) {
    case SortKey::vm_name:
      return fmt::format("{}|{}", row.text(1), row.text(0));
    case SortKey::started:
      return fmt::format("{}|{}", row.integer(2), row.text(0));
    case SortKey::updated:
      return fmt::format("{}|{}", row.integer(3), row.text(0));
    case SortKey::task_id:
      break;
  }
  return std::string{row.text(0)};
}

bool matches(const sqlite::Statement& row, const std::string& text) {
  for (const int column : {0, 1, 4, 5, 6, 7})
    if (contains(row.text(column), text)) return true;
  return false;
}

cluster::Page read_file(sqlite::Database& db, const Select& select, const TaskQuestion& question,
                        const ShowTask& show) {
  cluster::Page page;
  auto rows = select.prepare(db);
  int scanned = 0;
  while (rows.step()) {
    if (static_cast<std::int64_t>(page.rows.size()) == question.limit) {
      page.more = true;
      break;
    }
    if (question.text && !matches(rows, *question.text)) {
      if (++scanned < TaskQuestion::scanned_max) continue;
      page.more = true;
      page.end = place_of(rows, question.sort);
      break;
    }
    const std::string task_id{rows.text(0)};
    page.rows.push_back({place_of(rows, question.sort), show(task_id, read_store_json(rows.text(8)))});
  }
  return page;
}

// "updated_time", or "-updated_time" for the other way round.
std::optional<http::BadParameter> read_sort(const http::Request& request, TaskQuestion& out) {
  const auto sort = http::query_one_of(request, "sort",
                                       {"task_id", "-task_id", "vm_name", "-vm_name", "start_time",
                                        "-start_time", "updated_time", "-updated_time"});
  if (!sort) return sort.error();
  std::string_view name = sort->has_value() ? std::string_view{**sort} : "task_id";
  out.descending = name.starts_with('-');
  if (out.descending) name.remove_prefix(1);
  for (const SortKey key : {SortKey::vm_name, SortKey::started, SortKey::updated})
    if (column_of(key).name == name) out.sort = key;
  return std::nullopt;
}

}  // namespace

Result<std::optional<std::string>, http::BadParameter> query_status(const http::Request& request) {
  return http::query_one_of(request, "status",
                            {"pending", "exporting", "converting", "uploading", "running", "paused",
                             "retrying", "completed", "failed", "cancelled"});
}

Result<TaskQuestion, http::BadParameter> read_task_question(const http::Request& request) {
  if (auto unknown = http::unknown_parameter(
          request, {"status", "provider", "plan", "user", "stalled", "q", "sort", "limit", "cursor"}))
    return *unknown;
  TaskQuestion out;
  const auto status = query_status(request);
  if (!status) return status.error();
  out.status = *status;
  for (const auto& [name, to] :
       {std::pair{"provider", &out.provider}, {"plan", &out.plan}, {"user", &out.user}, {"q", &out.text}}) {
    const auto text = http::query_text(request, name, 256);
    if (!text) return text.error();
    *to = *text;
  }
  if (out.text) out.text = lower(*out.text);
  const auto stalled = http::query_boolean(request, "stalled");
  if (!stalled) return stalled.error();
  out.stalled = *stalled;
  if (auto bad = read_sort(request, out)) return *bad;
  const auto limit = http::query_integer(
      request, "limit", {.min = 1, .max = TaskQuestion::limit_max, .fallback = TaskQuestion::limit_default});
  if (!limit) return limit.error();
  out.limit = *limit;
  const auto cursor = http::query_text(request, "cursor", cursor_bytes_max);
  if (!cursor) return cursor.error();
  out.after = *cursor;
  return out;
}

bool comes_before(const TaskQuestion& question, std::string_view a, std::string_view b) {
  if (question.descending) std::swap(a, b);
  const Parts x = parts_of(a, question.sort);
  const Parts y = parts_of(b, question.sort);
  if (column_of(question.sort).number) return std::pair{x.number, x.task_id} < std::pair{y.number, y.task_id};
  return std::pair{x.value, x.task_id} < std::pair{y.value, y.task_id};
}

cluster::Page read_tasks(const sqlite::Readers& files, const TaskQuestion& question,
                         std::int64_t stalled_before_ms, const ShowTask& show) {
  const Select select{question, stalled_before_ms};
  std::vector<cluster::Page> pages;
  files.for_each([&](const std::string&, sqlite::Database& db) {
    pages.push_back(read_file(db, select, question, show));
    return true;
  });
  return cluster::merge(std::move(pages), {.name = "tasks",
                                           .rows_max = static_cast<std::size_t>(question.limit),
                                           .before = [&](std::string_view a, std::string_view b) {
                                             return comes_before(question, a, b);
                                           }});
}

}  // namespace godwit::progress
