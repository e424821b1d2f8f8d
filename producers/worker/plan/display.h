// PlanDisplay: many migrations at once as text. On a terminal a line for each that runs and one for all,
// drawn again and again under what has ended; in a file or pipe a line per start and end of a stage.
#pragma once

#include <cstdio>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "producers/worker/observer.h"

namespace godwit::worker {

struct PlanDisplayOptions {
  bool is_terminal = false;
  std::size_t columns = 80;
  std::size_t rows_max = 20;  // of running tasks; more are counted in one line
  Millis redraw_interval{100};
};

// The text of the rows and the line for all, for a terminal. Pure.
std::vector<std::string> frame(const std::vector<std::string>& rows, std::string_view summary,
                               const PlanDisplayOptions& options);

// Safe from every thread. Borrows `out` and `clock`.
class PlanDisplay {
 public:
  PlanDisplay(std::FILE* out, const Clock& clock, std::size_t tasks, PlanDisplayOptions options)
      : out_(out), clock_(clock), tasks_(tasks), options_(options) {}

  // A running task's view, which has its row until it is gone. Used by one thread; the display outlives it.
  std::unique_ptr<Observer> watch(const std::string& name);
  // A line that stays.
  void say(std::string_view line);
  // One more task has ended for good.
  void count_end(bool is_failure);

 private:
  class View;
  struct Row {
    std::string name, text;
  };
  void print(std::string_view line);
  void draw(bool now);

  std::FILE* out_;
  const Clock& clock_;
  std::size_t tasks_;
  PlanDisplayOptions options_;
  std::mutex mutex_;
  std::list<Row> rows_;
  std::size_t ended_ = 0, failed_ = 0;
  std::size_t lines_drawn_ = 0;
  Timestamp drawn_at_;
};

}  // namespace godwit::worker
