#include "producers/worker/console.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace godwit::worker {
namespace {

constexpr int bar_cells = 24;

std::string bar(double percentage) {
  const int filled = static_cast<int>(percentage / 100 * bar_cells);
  return fmt::format("[{:#<{}}{:.<{}}]", "", filled, "", bar_cells - filled);
}

std::string_view verb(StageEnd end) {
  switch (end) {
    case StageEnd::completed:
      return "completed";
    case StageEnd::failed:
      return "FAILED";
    case StageEnd::cancelled:
      return "cancelled";
  }
  return "ended";
}

}  // namespace

std::string format_bytes(double bytes) {
  constexpr std::array<std::string_view, 6> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < units.size()) {
    bytes /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, units[unit]);
}

std::string format_duration(Millis duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds >= 3600) return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  return fmt::format("{:02}:{:02}", seconds / 60, seconds % 60);
}

std::optional<double> percentage_of(const producer::Tick& tick) {
  if (tick.percentage) return std::clamp(*tick.percentage, 0.0, 100.0);
  if (!tick.bytes_done || !tick.bytes_total || *tick.bytes_total <= 0) return std::nullopt;
  return std::clamp(100.0 * static_cast<double>(*tick.bytes_done) / static_cast<double>(*tick.bytes_total),
                    0.0, 100.0);
}

std::string format_progress(const producer::Tick& tick, Millis since_stage_start) {
  std::string out;
  const auto percentage = percentage_of(tick);
  if (percentage) out = fmt::format("{} {:5.1f} %", bar(*percentage), *percentage);
  const double seconds = static_cast<double>(since_stage_start.count()) / 1000;
  if (tick.bytes_done) {
    out += fmt::format("  {}", format_bytes(static_cast<double>(*tick.bytes_done)));
    if (tick.bytes_total) out += fmt::format(" of {}", format_bytes(static_cast<double>(*tick.bytes_total)));
    if (seconds > 0)
      out += fmt::format("  {}/s", format_bytes(static_cast<double>(*tick.bytes_done) / seconds));
  }
  if (percentage && *percentage > 0 && *percentage < 100 && seconds >= 1) {
    const double left_ms = static_cast<double>(since_stage_start.count()) * (100 - *percentage) / *percentage;
    out += fmt::format("  ETA {}", format_duration(Millis{static_cast<std::int64_t>(left_ms)}));
  }
  return out;
}

std::string format_stage_end(std::string_view stage, StageEnd end, Millis duration) {
  return fmt::format("{:<10} {} after {:.1f} s", stage, verb(end),
                     static_cast<double>(duration.count()) / 1000);
}

void Console::stage_started(std::string_view stage, int index, int total) {
  stage_started_at_ = clock_.now();
  drawn_at_ = Timestamp{};
  tenths_said_ = 0;
  if (!is_terminal_) fmt::print(out_, "{} started ({} of {})\n", stage, index + 1, total);
  std::fflush(out_);
}

void Console::note(std::string_view text) {
  fmt::print(out_, "{}{}\n", is_terminal_ ? "\r\x1b[K" : "", text);
  tenths_said_ = 0;  // what follows is another round or tool
  std::fflush(out_);
}

void Console::progress(const producer::Tick& tick) {
  if (tick.disk_index) return;  // the stage's own figure has them all
  const Timestamp now = clock_.now();
  const std::string line = format_progress(tick, now - stage_started_at_);
  if (is_terminal_) {
    if (now - drawn_at_ < redraw_interval) return;
    drawn_at_ = now;
    fmt::print(out_, "\r\x1b[K{:<10} {}", tick.stage, line);
  } else {
    const auto percentage = percentage_of(tick);
    const int tenths = percentage ? static_cast<int>(*percentage / 10) : 0;
    if (tenths <= tenths_said_) return;
    tenths_said_ = tenths;
    fmt::print(out_, "{} {}\n", tick.stage, line);
  }
  std::fflush(out_);
}

void Console::stage_ended(std::string_view stage, StageEnd end, Millis duration) {
  if (is_terminal_) fmt::print(out_, "\r\x1b[K");
  fmt::print(out_, "{}\n", format_stage_end(stage, end, duration));
  std::fflush(out_);
}

}  // namespace godwit::worker
