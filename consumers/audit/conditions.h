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

// What lies within the filter's times and behind `after` in the order, of the rows of `file`; and, given
// `until`, not behind that.
Conditions range_of(const Filter& filter, Order order, const std::string& file,
                    const std::optional<Place>& after, const std::optional<Place>& until);

}  // namespace godwit::audit
