// Rows of the webhooks store. Folded: `task`, `delivery`, `outcome`, `outcome_count`, which are a function of
// the log. The dispatcher's own (outbox.h) lie beside them in the same file and are never touched here.
#pragma once

#include <string>

#include "common/sqlite/database.h"
#include "consumers/webhooks/outbox.h"
#include "consumers/webhooks/projection.h"

namespace godwit::webhooks {

class Tables {
 public:
  static std::string schema();
  explicit Tables(sqlite::Database& db);

  projection::TaskLife load(const std::string& task_id);
  void save(const std::string& task_id, const projection::TaskLife& life, const std::string& log_position);
  void apply(const Webhooks::Outputs& out);

  // At a swap: what the dispatcher knows moves to the rebuilt file, so that a rebuild sends nothing again.
  static void carry_over(sqlite::Database& db) { Outbox::carry_over(db); }

 private:
  void apply(const Outcome& outcome);

  sqlite::Statement load_;
  sqlite::Statement save_;
  sqlite::Statement owe_;
  sqlite::Statement standing_;
  sqlite::Statement settle_;
  sqlite::Statement count_;
};

// How outcome.standing is stored: larger outranks smaller.
constexpr int stored(Standing standing) { return static_cast<int>(standing); }

}  // namespace godwit::webhooks
