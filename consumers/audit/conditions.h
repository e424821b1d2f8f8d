// The conditions of a question as SQL, with what is to be bound. Texts are the client's and are only ever
// bound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/sqlite/database.h"
#include "consumers/audit/cursor.h"
#include "consumers/audit/filter.h"
#include "consumers/audit/planner.h"

namespace godwit::audit {

class Conditions {
 public:
  template <class... Values>
  void add(std::string_view sql, const Values&... values) {
    sql_.append(" AND ").append(sql);
    (bound_.emplace_back(values), ...);
  }
  template <class T>
  void add_if(std::string_view sql, const std::optional<T>& maybe) {
    if (maybe) add(sql, *maybe);
  }
  void add_any_of(std::string_view column, const std::vector<std::string>& values);

  // Never empty: "1 AND ...".
  const std::string& sql() const { return sql_; }
  // Binds from the parameter after `index` on; gives the last one bound.
  int bind(sqlite::Statement& statement, int index) const;

 private:
  using Value = std::variant<std::int64_t, std::string>;

  std::string sql_ = "1";
  std::vector<Value> bound_;
};

// The filter but for times and words, in two parts: the condition on the column its index begins with, and
// the rest.
struct FilterConditions {
  Conditions indexed;
  Conditions others;
};
FilterConditions conditions_of(const Filter& filter, IndexKind index);

// A row of one file: its part of a Place.
struct RowPlace {
  std::int64_t event_ms = 0;
  std::int64_t id = 0;

  auto operator<=>(const RowPlace&) const = default;
};

// Rows of one file, along an order.
struct PlaceRange {
  Order order = Order::newest;
  std::optional<std::int64_t> earliest_ms, latest_ms;  // both included
  std::optional<RowPlace> beyond;                      // only what comes after it in the order

  bool holds(const RowPlace& place) const {
    if (earliest_ms && place.event_ms < *earliest_ms) return false;
    if (latest_ms && place.event_ms > *latest_ms) return false;
    return !beyond || (order == Order::newest ? place < *beyond : *beyond < place);
  }
};

// What lies within the filter's times and behind `after` in the order, of the rows of `file`; and, given
// `until`, not behind that.
PlaceRange range_of(const Filter& filter, Order order, const std::string& file,
                    const std::optional<Place>& after, const std::optional<Place>& until);
Conditions conditions_of(const PlaceRange& range);

}  // namespace godwit::audit
