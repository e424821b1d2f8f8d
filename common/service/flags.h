// Flags: what a program can be told, once for all programs. Each is a command line flag, an environment
// variable GODWIT_<FLAG> and a key of the YAML file named by --config; precedence is flag, environment, file,
// default. A wrong one ends the program with status 2 and one line that names it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/kafka/client.h"

namespace godwit::service {

class Flags {
 public:
  Flags(std::string program, std::string description);
  ~Flags();
  Flags(Flags&&) noexcept;

  // `name` is without dashes, e.g. "work-dir". Targets keep their value as the default and must outlive
  // parse().
  Flags& text(const std::string& name, std::string& target, const std::string& help);
  Flags& required_text(const std::string& name, std::string& target, const std::string& help);
  Flags& choice(const std::string& name, std::string& target, const std::vector<std::string>& choices,
                const std::string& help);
  Flags& integer(const std::string& name, std::int64_t& target, std::int64_t min, std::int64_t max,
                 const std::string& help);
  Flags& real(const std::string& name, double& target, double min, double max, const std::string& help);
  Flags& flag(const std::string& name, bool& target, const std::string& help);
  Flags& texts(const std::string& name, std::vector<std::string>& target,
               const std::string& help);                                                     // repeatable
  Flags& positional(const std::string& name, std::string& target, const std::string& help);  // required
  Flags& rest(const std::string& name, std::vector<std::string>& target,
              const std::string& help);  // all that follows
  // Of a subcommand: what follows the word --, untouched, whatever it looks like. Its help is in that of the
  // subcommand.
  Flags& after_dashes(std::vector<std::string>& target);

  // A subcommand with flags of its own; exactly one must be given. The reference lives as long as this
  // object.
  Flags& subcommand(const std::string& name, const std::string& help);
  bool chosen(const std::string& subcommand) const;

  // nullopt: go on. Otherwise the status to exit with; help, version or the error has been printed.
  std::optional<int> parse(int argc, const char* const* argv);

 private:
  struct State;
  explicit Flags(std::unique_ptr<State> state);
  int take_after_dashes(int argc, const char* const* argv);
  std::unique_ptr<State> state_;
};

// Flags of every program that talks to Kafka.
struct KafkaFlags {
  kafka::ClientOptions client;
  std::string log_level = "info";

  void add(Flags& flags);
  // After parse(): -X pairs and the log level, checked. Invalid names the flag.
  Status finish(std::string_view program);

 private:
  std::vector<std::string> properties_;
};

// Flags of every program that serves HTTP; the contract gives all of them the same. What a program has no use
// for it still accepts, so that one set of flags or one file can start them all.
struct ProgramFlags {
  KafkaFlags kafka = {};
  std::string data = "godwit-data";
  std::string listen = {};
  std::string advertise = {};
  std::string group = {};
  std::string port_file = {};

  void add(Flags& flags);
};

// Prints the one line of a configuration error and gives the status to exit with (2).
int usage_error(std::string_view program, std::string_view message);

}  // namespace godwit::service
