#include "consumers/progress/hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/http/sse.h"
#include "common/json/writer.h"

namespace godwit::progress {
namespace {

constexpr std::int64_t publishing = 0;  // the number of a job that is not a watcher's

NewsPtr news_of(Change change) {
  std::string data = change.json;
  if (change.removed) {
    json::Writer out;
    out.begin_object().member("task_id", change.task_id).end_object();
    data = out.take();
  }
  const char* event = change.removed ? "removed" : "progress";
  auto frame = std::make_shared<const std::string>(http::sse_frame({.event = event, .id = {}, .data = data}));
  if (change.removed) change.json = std::move(data);
  return std::make_shared<const News>(News{std::move(change), std::move(frame)});
}

}  // namespace

Hub::WatchId Hub::watch(Choice choice, std::string store, std::optional<SeenPlaces> seen, Millis interval,
                        std::shared_ptr<Outlet> outlet) {
  const std::lock_guard lock{mutex_};
  const WatchId id = ++last_;
  Watch& watch = watches_[id];
  watch.interval = interval;
  watch.outlet = std::move(outlet);
  if (seen)
    for (const auto& [name, place] : *seen) watch.stores[name] = {.seen = place, .snapshot = false};
  if (choice.task_id.empty() || store.empty()) {
    choosers_.insert(id);
  } else {
    by_task_.emplace(choice.task_id, id);
    watch.stores[store];  // nothing seen of it, unless the client says so
  }
  watch.choice = std::move(choice);
  watch.store = std::move(store);
  owing_.insert(id);
  return id;
}

void Hub::forget(WatchId id) {
  const std::lock_guard lock{mutex_};
  remove(id);
}

void Hub::remove(WatchId id) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  const auto [first, last] = by_task_.equal_range(found->second.choice.task_id);
  for (auto at = first; at != last; ++at)
    if (at->second == id) {
      by_task_.erase(at);
      break;
    }
  choosers_.erase(id);
  owing_.erase(id);
  waiting_.erase(id);
  watches_.erase(found);
  if (watches_.empty()) told_to_.clear();  // nobody is owed what comes before the next one
}

bool Hub::idle() const {
  const std::lock_guard lock{mutex_};
  return watches_.empty();
}

std::size_t Hub::count() const {
  const std::lock_guard lock{mutex_};
  return watches_.size();
}

bool Hub::wants(std::string_view task_id) const {
  const std::lock_guard lock{mutex_};
  return !choosers_.empty() || by_task_.contains(std::string{task_id});
}

Hub::Watch* Hub::find(WatchId id) {
  const auto found = watches_.find(id);
  return found == watches_.end() ? nullptr : &found->second;
}

std::vector<Job> Hub::jobs(const std::set<std::string>& stores) {
  const std::lock_guard lock{mutex_};
  std::vector<Job> out;
  if (watches_.empty()) return out;
  for (const std::string& store : stores) {
    const auto told = told_to_.find(store);
    out.push_back({.number = publishing,
                   .store = store,
                   .after = told == told_to_.end() ? std::nullopt : std::optional{told->second}});
  }
  const std::size_t most = out.size() + limits_.jobs_max;
  for (auto at = owing_.begin(); at != owing_.end() && out.size() < most;) {
    const WatchId id = *at;
    Watch& watch = watches_.at(id);
    at = is_settled(watch) ? owing_.erase(at) : std::next(at);
    if (watch.outlet->queued_bytes() > limits_.queue_bytes_ample || !watch.pending.empty()) continue;
    for (const std::string& store : stores) {
      if (!watch.store.empty() && watch.store != store) continue;
      const StoreState& state = watch.stores[store];
      // What is published from now on must begin no later than what is caught up with ends.
      if (state.live || !told_to_.contains(store)) continue;
      out.push_back({.number = static_cast<std::int64_t>(id),
                     .store = store,
                     .after = state.seen,
                     .snapshot = state.snapshot,
                     .choice = watch.choice});
    }
  }
  return out;
}

// Whether it has been caught up with in every store that is told of; another store may come.
bool Hub::is_settled(const Watch& watch) const {
  const auto live = [&](const std::string& store) {
    const auto found = watch.stores.find(store);
    return found != watch.stores.end() && found->second.live;
  };
  if (!watch.store.empty()) return live(watch.store);
  return std::all_of(told_to_.begin(), told_to_.end(), [&](const auto& told) { return live(told.first); });
}

void Hub::sweep() {
  const std::lock_guard lock{mutex_};
  std::vector<WatchId> gone;
  for (const auto& [id, watch] : watches_)
    if (watch.outlet->gone()) gone.push_back(id);
  for (const WatchId id : gone) remove(id);
}

bool Hub::take(const std::vector<Job>& asked, std::vector<JobResult> results) {
  const std::lock_guard lock{mutex_};
  bool more = false;
  for (JobResult& result : results) {
    const auto same = [&](const Job& job) {
      return job.number == result.number && job.store == result.store;
    };
    const auto job = std::find_if(asked.begin(), asked.end(), same);
    if (job == asked.end() || watches_.empty()) continue;
    if (result.number != publishing) {
      Watch* watch = find(static_cast<WatchId>(result.number));
      more = (watch != nullptr && catch_up(*watch, *job, result)) || more;
      continue;
    }
    if (result.behind && !result.caught_up) continue;  // its new owner is still folding what we know already
    if (job->after && !result.behind) publish(result.store, result);
    const auto [told, fresh] = told_to_.try_emplace(result.store, result.at);
    told->second = result.behind ? result.at : later(told->second, result.at);
    if (fresh) owing_.insert(choosers_.begin(), choosers_.end());
    more = more || fresh || !result.whole;
  }
  return more;
}

void Hub::publish(const std::string& store, const JobResult& result) {
  for (const Change& change : result.changes) {
    const NewsPtr news = news_of(change);
    const auto [first, last] = by_task_.equal_range(change.task_id);
    for (auto at = first; at != last; ++at) {
      Watch& watch = watches_.at(at->second);
      if (watch.stores[store].live) offer(watch, store, news);
      if (!watch.pending.empty()) waiting_.insert(at->second);
    }
    for (const WatchId id : choosers_) {
      Watch& watch = watches_.at(id);
      if (watch.stores[store].live) offer(watch, store, news);
      if (!watch.pending.empty()) waiting_.insert(id);
    }
  }
  if (result.changes.empty()) return;
  for (const WatchId id : choosers_) {
    StoreState& state = watches_.at(id).stores[store];
    if (state.live) state.seen = later(state.seen, result.at);
  }
}

// True when there is more to catch up with.
bool Hub::catch_up(Watch& watch, const Job& job, JobResult& result) {
  StoreState& state = watch.stores[result.store];
  if (state.live || !(state.seen == *job.after)) return false;
  if (result.behind) {
    if (!result.caught_up) return false;  // the store will come to where the client has been
    // It will not: the client has seen another log.
    watch.outlet->reset();
    watch.stores.clear();
    watch.stores[result.store];
    return true;
  }
  for (Change& change : result.changes) offer(watch, result.store, news_of(std::move(change)));
  if (watch.store.empty() || !result.whole) state.seen = later(state.seen, result.at);
  state.live = result.whole;
  state.snapshot = state.snapshot && !result.whole;
  if (!watch.pending.empty()) waiting_.insert(static_cast<WatchId>(job.number));
  return !result.whole;
}

bool Hub::belongs(Watch& watch, const StoreState& state, const Change& change) {
  const Choice& choice = watch.choice;
  if (!choice.task_id.empty()) return change.task_id == choice.task_id;
  if (!choice.plan.empty() && change.plan != choice.plan) return false;
  if (!choice.provider.empty() && change.provider != choice.provider) return false;
  if (choice.status.empty()) return true;
  if (change.status == choice.status) {
    watch.told.insert(change.task_id);
    return true;
  }
  // That a task has left the status is told once; that one has ended, always; and who comes back may have
  // been told of any.
  return watch.told.erase(change.task_id) > 0 || change.ended || (!state.live && !state.snapshot);
}

// News of a task take the place of older ones that nobody has been told, unless those are of an end.
void Hub::offer(Watch& watch, const std::string& store, const NewsPtr& news) {
  const Change& change = news->change;
  StoreState& state = watch.stores[store];
  if (watch.over || !beyond(change.place, state.seen) || !belongs(watch, state, change)) return;
  if (!watch.store.empty()) state.seen = change.place;
  const auto [at, fresh] = watch.pending_at.emplace(change.task_id, watch.pending.size());
  if (fresh || watch.pending[at->second]->change.ended) {
    at->second = watch.pending.size();
    watch.pending.push_back(news);
  } else {
    watch.pending[at->second] = news;
  }
}

std::string Hub::id_of(const Watch& watch) {
  SeenPlaces seen;
  for (const auto& [store, state] : watch.stores)
    if (!state.snapshot) seen.emplace(store, state.seen);
  return to_text(seen);
}

// False when the watch is over.
bool Hub::flush_one(Watch& watch, Steady::time_point now) {
  const auto pending = std::exchange(watch.pending, {});
  watch.pending_at.clear();
  watch.flush_at = now + watch.interval;
  if (!pending.empty() && !watch.outlet->tell(pending, id_of(watch))) return false;
  return watch.choice.task_id.empty() || pending.empty() || !pending.back()->change.ended;
}

std::optional<Millis> Hub::flush(Steady::time_point now) {
  const std::lock_guard lock{mutex_};
  std::optional<Millis> next;
  const auto sooner = [&next](Millis wait) { next = next ? std::min(*next, wait) : wait; };
  constexpr Millis full_wait{50};
  std::vector<WatchId> done, gone;
  for (const WatchId id : waiting_) {
    Watch& watch = watches_.at(id);
    if (watch.outlet->gone() || watch.pending.size() > limits_.pending_max) {
      gone.push_back(id);
    } else if (watch.flush_at > now) {
      sooner(std::chrono::ceil<Millis>(watch.flush_at - now));
    } else if (watch.outlet->queued_bytes() > limits_.queue_bytes_ample) {
      sooner(full_wait);
    } else {
      (flush_one(watch, now) ? done : gone).push_back(id);
    }
  }
  for (const WatchId id : done) waiting_.erase(id);
  for (const WatchId id : gone) {
    if (Watch* watch = find(id)) watch->outlet->over();
    remove(id);
  }
  return next;
}

std::string to_text(const SeenPlaces& seen) {
  std::string out;
  for (const auto& [store, place] : seen)
    out += fmt::format("{}{}:{}", out.empty() ? "" : ",", store.substr(store.rfind('-') + 1), to_text(place));
  return out;
}

std::optional<SeenPlaces> read_seen(std::string_view text) {
  SeenPlaces out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, end);
    const std::size_t colon = part.find(':');
    const auto place = colon == std::string_view::npos ? std::nullopt : read_place(part.substr(colon + 1));
    const bool digits =
        colon == 4 && part.substr(0, colon).find_first_not_of("0123456789") == std::string_view::npos;
    if (!place || !digits) return std::nullopt;
    out.emplace(fmt::format("p-{}", part.substr(0, colon)), *place);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace godwit::progress
