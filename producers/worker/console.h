// Console: a migration as text on standard output. On a terminal one line that is drawn again and again; in a
// file or pipe one line per start and end of a stage and at most one per ten percent. Rate and ETA are for
// the eye only: events carry what tools said, and consumers compute.
#pragma once

#include <cstdio>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "producers/worker/observer.h"

namespace godwit::worker {

// "1.5 GiB", "12 KiB", "7 B".
std::string format_bytes(double bytes);
// "1:02:03", "02:03".
std::string format_duration(Millis duration);
// The percentage of a tick: its own, or what its bytes make; nullopt when the total is unknown.
std::optional<double> percentage_of(const producer::Tick& tick);
// "[#####.....]  50.0 %  512.0 MiB of 1.0 GiB  100.0 MiB/s  ETA 00:05"; what is unknown is left out.
std::string format_progress(const producer::Tick& tick, Millis since_stage_start);

// "export     completed after 1.2 s".
std::string format_stage_end(std::string_view stage, StageEnd end, Millis duration);

class Console final : public Observer {
 public:
  // Borrows `out` and `clock`.
  Console(std::FILE* out, bool is_terminal, const Clock& clock)
      : out_(out), is_terminal_(is_terminal), clock_(clock) {}

  void stage_started(std::string_view stage, int index, int total) override;
  void note(std::string_view text) override;
  void progress(const producer::Tick& tick) override;
  void stage_ended(std::string_view stage, StageEnd end, Millis duration) override;

 private:
  static constexpr Millis redraw_interval{100};

  std::FILE* out_;
  bool is_terminal_;
  const Clock& clock_;
  Timestamp stage_started_at_;
  Timestamp drawn_at_;
  int tenths_said_ = 0;
};

}  // namespace godwit::worker
