// Feed: the one live stream of the page. While somebody watches, a thread gathers a few times a second what
// has changed on all instances, and every stream sends the same frames.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "common/base/clock.h"
#include "common/http/request.h"
#include "common/http/response.h"
#include "common/service/view.h"
#include "consumers/dashboard/recent.h"

namespace godwit::dashboard {

struct FeedOptions {
  Millis interval{250};           // between frames
  Millis others_interval{1'000};  // between questions to other instances
  Millis others_window{2'500};    // what they are asked for: what changed so lately
  Millis figures_interval{2'000};
  std::size_t frames_max = 64;         // kept for a client that comes back
  std::size_t frame_rows_max = 5'000;  // a frame that would hold more is a reset
  Millis retry{1'000};                 // told to browsers
};

// start() and stop() around everything else; the rest is safe from every thread.
class Feed {
 public:
  // A row as the page gets it, and the figures; both as JSON text.
  struct Tell {
    std::function<std::string(const sqlite::Readers& files, const Recent::Changes& changes)> rows;
    std::function<std::string()> figures;
  };

  Feed(const service::ViewContext& context, Tell tell, const FeedOptions& options = {});
  ~Feed() { stop(); }
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  void start();
  void stop();
  void changed(const std::string& store, const projection::Touched& touched) {
    recent_.note(store, touched, Steady::now());
  }

  // GET /api/v1/stream: events `hello`, `tasks`, `figures` and `reset`, each with an id to come back with.
  http::Response stream(const http::Request& request);
  // The same question from another instance: {"rows":[...]} of what changed here within others_window.
  http::Response changes(const http::Request& request);

 private:
  struct Frame {
    std::uint64_t number = 0;
    std::string text;
  };
  struct Gathered {
    std::string rows;  // JSON objects with commas between
    bool whole = true;
  };

  void run(const std::stop_token& stop);
  void turn(Steady::time_point now);
  Gathered local(Steady::time_point since);
  Gathered of_all(Steady::time_point now);
  void push(const std::string& event, const std::string& data);
  void send(http::StreamWriter& out, const std::string& last_id);
  std::string hello() const;
  std::string id_of(std::uint64_t number) const;

  const service::ViewContext context_;
  const Tell tell_;
  const FeedOptions options_;
  const std::string epoch_;  // of this process: numbers of another are not comparable
  Recent recent_;

  mutable std::mutex mutex_;
  std::condition_variable_any news_;
  std::deque<Frame> frames_;  // by mutex_
  std::uint64_t number_ = 0;  // by mutex_; of the newest frame
  int watching_ = 0;          // by mutex_

  // Of the thread.
  Steady::time_point told_at_{};
  Steady::time_point asked_at_{};
  Steady::time_point figures_at_{};
  std::jthread thread_;
};

}  // namespace godwit::dashboard
