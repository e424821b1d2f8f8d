// The check of a store that somebody is writing.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/unit/audit/tamper_rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;

TEST_CASE("a store that grows, and whose segments are sealed meanwhile, is well at every moment") {
  History history;
  history.tell(50);
  std::atomic<bool> done = false;
  std::string found;
  int checks = 0;
  std::thread checker{[&] {
    while (!done) {
      const auto report = verify::verify_data({.data = {history.data()}, .without_checkpoints = true});
      if (!report || report->findings_count() > 0)
        found += report ? text_of(*report) : report.error().message;
      ++checks;
    }
  }};
  history.tell_until_sealed(4);
  done = true;
  checker.join();
  CHECK_MESSAGE(found.empty(), found.substr(0, 500));
  CHECK(checks > 0);
}
