#include "common/service/serve.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "common/base/log.h"

namespace godwit::service {

Result<std::unique_ptr<http::Server>> serve(const http::ServerOptions& options, http::Router router,
                                            const std::string& port_file) {
  auto server = http::Server::start(options, std::move(router));
  if (!server) return server.error();
  const std::string address = (*server)->address();
  log_info("listening on {}", address);
  if (port_file.empty()) return server;
  const std::string draft = port_file + ".tmp";
  std::ofstream{draft} << address << '\n';
  if (std::rename(draft.c_str(), port_file.c_str()) != 0)
    return fatal_error(fmt::format("cannot write --port-file {}", port_file));
  return server;
}

}  // namespace godwit::service
