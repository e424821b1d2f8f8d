// Control: what people ask of a migration while it runs. Requests come from any thread; the one thread that
// works obeys them where it can stand still.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>

namespace godwit::worker {

class Control {
 public:
  using Steady = std::chrono::steady_clock;
  using Rate = std::optional<std::int64_t>;  // bytes per second at most; none: no limit

  explicit Control(Rate rate = std::nullopt) : rate_(rate), rate_obeyed_(rate) {}
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // Any thread. A pause holds until resume(); asking twice is asking once.
  void pause();
  void resume();
  void limit(Rate rate);
  void cut_over();    // a warm migration: after the round that runs
  void next_round();  // a warm migration: do not wait any longer before it

  bool is_paused() const;
  Rate rate() const;
  bool is_cutover_wanted() const;

  // The working thread from here on. `on_pause` is told when work has come to stand still and when it goes
  // on, within obey() and hold().
  void on_pause(std::function<void(bool paused)> on_pause) { on_pause_ = std::move(on_pause); }
  // Told of a new rate likewise, for as long as a tool runs that takes it.
  void on_rate(std::function<void(Rate rate)> on_rate) { on_rate_ = std::move(on_rate); }
  // Called about once a second while a tool runs, however silent it is.
  void on_beat(std::function<void()> on_beat) { on_beat_ = std::move(on_beat); }
  void beat() const {
    if (on_beat_) on_beat_();
  }
  // Whether to stand still now. The caller sees to it that it does.
  bool obey();
  // Returns when work may go on, or at a stop. True when it stood still.
  bool hold(const std::stop_token& stop);
  // Forgets a request for the next round; true when there was one.
  bool take_next_round();
  // Returns at the next request of any kind, at `deadline` or at a stop.
  void wait_until(Steady::time_point deadline, const std::stop_token& stop);

  // Calls `on_request` at each request, on the asking thread, as long as it lives. It must not call the
  // Control and must not block.
  class Listener {
   public:
    Listener(Control& control, std::function<void()> on_request);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

   private:
    Control& control_;
    std::list<std::function<void()>>::iterator at_;
  };

 private:
  template <class Change>
  void request(Change change);

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<std::function<void()>> listeners_;
  bool paused_ = false;
  Rate rate_;
  bool cutover_wanted_ = false;
  bool round_wanted_ = false;
  std::uint64_t requests_ = 0;
  std::uint64_t requests_seen_ = 0;
  // Of the working thread.
  std::function<void(bool)> on_pause_;
  std::function<void(Rate)> on_rate_;
  std::function<void()> on_beat_;
  bool stands_still_ = false;
  Rate rate_obeyed_;
};

}  // namespace godwit::worker
