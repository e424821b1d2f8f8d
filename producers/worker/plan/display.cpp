#include "producers/worker/plan/display.h"

#include <fmt/format.h>

#include "producers/worker/console.h"

namespace godwit::worker {

std::vector<std::string> frame(const std::vector<std::string>& rows, std::string_view summary,
                               const PlanDisplayOptions& options) {
  std::vector<std::string> out;
  for (const std::string& row : rows) {
    if (out.size() == options.rows_max) {
      out.push_back(fmt::format("... and {} more", rows.size() - options.rows_max));
      break;
    }
    out.push_back(row);
  }
  out.emplace_back(summary);
  for (std::string& line : out)  // a line that wraps would be two to draw over
    if (line.size() >= options.columns) line.resize(options.columns - 1);
  return out;
}

class PlanDisplay::View final : public Observer {
 public:
  View(PlanDisplay& display, const std::string& name) : display_(display) {
    const std::lock_guard lock{display_.mutex_};
    row_ = display_.rows_.insert(display_.rows_.end(), {name, "starts"});
    display_.draw(false);
  }
  ~View() override {
    const std::lock_guard lock{display_.mutex_};
    display_.rows_.erase(row_);
    display_.draw(true);
  }
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  void stage_started(std::string_view stage, int index, int total) override {
    started_at_ = display_.clock_.now();
    show(fmt::format("{} started ({} of {})", stage, index + 1, total), true);
  }
  void note(std::string_view text) override { show(std::string{text}, true); }
  void progress(const producer::Tick& tick) override {
    show(fmt::format("{:<10} {}", tick.stage, format_progress(tick, display_.clock_.now() - started_at_)),
         false);
  }
  void stage_ended(std::string_view stage, StageEnd end, Millis duration) override {
    show(format_stage_end(stage, end, duration), true);
  }

 private:
  void show(std::string text, bool is_worth_a_line) {
    const std::lock_guard lock{display_.mutex_};
    row_->text = std::move(text);
    if (!display_.options_.is_terminal && is_worth_a_line)
      display_.print(fmt::format("{}: {}", row_->name, row_->text));
    display_.draw(false);
  }

  PlanDisplay& display_;
  std::list<Row>::iterator row_;
  Timestamp started_at_;
};

std::unique_ptr<Observer> PlanDisplay::watch(const std::string& name) {
  return std::make_unique<View>(*this, name);
}

void PlanDisplay::say(std::string_view line) {
  const std::lock_guard lock{mutex_};
  print(line);
  draw(true);
}

void PlanDisplay::count_end(bool is_failure) {
  const std::lock_guard lock{mutex_};
  ++ended_;
  if (is_failure) ++failed_;
  draw(true);
}

// Over what was drawn, which is drawn again below it.
void PlanDisplay::print(std::string_view line) {
  if (lines_drawn_ > 0) fmt::print(out_, "\x1b[{}A\r\x1b[J", lines_drawn_);
  lines_drawn_ = 0;
  fmt::print(out_, "{}\n", line);
  std::fflush(out_);
}

void PlanDisplay::draw(bool now) {
  if (!options_.is_terminal) return;
  const Timestamp at = clock_.now();
  if (!now && lines_drawn_ > 0 && at >= drawn_at_ && at - drawn_at_ < options_.redraw_interval) return;
  drawn_at_ = at;
  std::vector<std::string> rows;
  for (const Row& row : rows_) rows.push_back(fmt::format("{:<16} {}", row.name, row.text));
  const auto summary =
      fmt::format("{} of {} done, {} failed, {} running", ended_, tasks_, failed_, rows.size());
  if (lines_drawn_ > 0) fmt::print(out_, "\x1b[{}A\r\x1b[J", lines_drawn_);
  const auto lines = frame(rows, summary, options_);
  for (const std::string& line : lines) fmt::print(out_, "{}\n", line);
  lines_drawn_ = lines.size();
  std::fflush(out_);
}

}  // namespace godwit::worker
