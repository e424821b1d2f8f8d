// The dashboard's answers as JSON: the public contract, told in README.md. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/cluster/gather.h"
#include "consumers/dashboard/reading.h"

namespace godwit::dashboard {

// What only the view knows.
struct Moment {
  Timestamp now;
  Millis uptime{0};
  Millis stall_after{0};  // a task that runs and has had no event for longer is called stalled
};

// "healthy", "busy" (more than 10 active) or "degraded" (fewer than 90 % succeed), the worse first. Idle is
// healthy.
std::string_view health(const Figures& figures);

std::string dashboard_json(const Overview& overview, const Moment& moment, const cluster::Coverage& coverage);
std::string status_json(const Figures& figures, const Moment& moment, const cluster::Coverage& coverage);
// The figures alone, for the live stream.
std::string figures_json(const Figures& figures, const Moment& moment);
// {"labels":[...],"started":[...],...}: the last `hours` hours, at most hours_read.
std::string trends_json(const Figures& figures, std::size_t hours, const cluster::Coverage& coverage);
// A task on whichever list, as the table of the page and the live stream show it.
std::string task_json(const Row& row, const Moment& moment);
// One row of a list.
std::string active_json(const Row& row, const Moment& moment);
std::string finished_json(const Row& row);

}  // namespace godwit::dashboard
