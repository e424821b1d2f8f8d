// What stores hold, as lines of text.
#pragma once

#include <string>
#include <vector>

#include "common/sqlite/database.h"
#include "consumers/audit/projection.h"
#include "consumers/dashboard/projection.h"
#include "consumers/metrics/projection.h"
#include "consumers/progress/projection.h"
#include "consumers/webhooks/projection.h"

namespace godwit::sim {

// The audit as a fold without files: each event of the log gives an entry, a resend gives another.
struct AuditEntries {
  struct State {};
  using Outputs = std::vector<audit::AuditEntry>;
  static constexpr std::string_view name = "audit";
  static constexpr int version = 1;
  std::string key(const event::Event&) const { return "log"; }
  void step(State&, const event::Event& event, Outputs& out) const;
};

std::string text_of(const progress::Task& task);
std::string text_of(const metrics_view::Task& task);
std::string text_of(const dashboard::Task& task);
std::string text_of(const projection::TaskLife& life);
std::string text_of(const AuditEntries::State&);

// Each output as a line; a step without outputs gives the line "nothing", so that its repetition shows.
std::vector<std::string> lines_of(const progress::Progress::Outputs&);
std::vector<std::string> lines_of(const metrics_view::Metrics::Outputs& out);
std::vector<std::string> lines_of(const dashboard::Dashboard::Outputs& out);
std::vector<std::string> lines_of(const webhooks::Webhooks::Outputs& out);
std::vector<std::string> lines_of(const AuditEntries::Outputs& out);

// Every row of every table that is the projection's own, but for columns that tell how commits were cut.
std::vector<std::string> dump(sqlite::Database& db);

}  // namespace godwit::sim
