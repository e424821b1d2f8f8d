// Fate: where the next misfortune of an instance lies. Every call into its store passes a point; at the
// chosen one the process dies, or the store says that it cannot.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "common/projection/store.h"

namespace godwit::sim {

enum class Point {
  begin,
  fold,
  dead_letter,
  advance,
  before_commit,
  row,  // inside the commit: some rows are written, the transaction is open (files only)
  after_commit,
  unpublished,
  before_mark,
  after_mark,
  before_swap,
  after_swap,
};
inline constexpr int points = 12;
constexpr std::string_view name_of(Point point) {
  constexpr std::array<std::string_view, points> names{"at begin",
                                                       "at a fold",
                                                       "at a dead letter",
                                                       "at an advance",
                                                       "before a commit",
                                                       "inside a commit",
                                                       "after a commit",
                                                       "before letters are read",
                                                       "before letters are marked",
                                                       "after letters are marked",
                                                       "before a swap",
                                                       "after a swap"};
  return names.at(static_cast<std::size_t>(point));
}

// The process ends here. Not a std::exception, so that nothing takes it for an error to be handled.
struct Crash {
  Point at;
};

struct Fate {
  std::optional<Point> at;
  int passes_left = 0;
  bool dies = false;
  bool disk_full = false;  // until it is freed

  void pass(Point point) {
    if (disk_full && (point == Point::before_commit || point == Point::before_mark)) fail();
    if (at != point || passes_left-- > 0) return;
    at.reset();
    if (point == Point::before_swap || point == Point::after_swap) throw Crash{point};
    if (dies) throw Crash{point};
    fail();
  }
  [[noreturn]] static void fail() { throw projection::StoreUnavailable{"the simulated disk is full"}; }
};

}  // namespace godwit::sim
