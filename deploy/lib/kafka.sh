# Where the fetched Kafka is and how to run its classes. Source it after say.sh.
# shellcheck shell=bash

KAFKA_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/../kafka" && pwd)
KAFKA_VERSION=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$KAFKA_DIR/pom.xml")
KAFKA_CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/godwit
KAFKA_LIBS=$KAFKA_CACHE/kafka-$KAFKA_VERSION
JAVA=${GODWIT_JAVA:-/usr/bin/java}

# Every jar of the list is there with the right bytes.
kafka_is_fetched() {
  [ -d "$KAFKA_LIBS" ] && (cd "$KAFKA_LIBS" && sha256sum --quiet --status -c "$KAFKA_DIR/jars.sha256")
}

# In the fixed order of the list: the class archive is only valid for one class path.
kafka_class_path() {
  awk -v dir="$KAFKA_LIBS" '{ printf "%s%s/%s", (NR > 1 ? ":" : ""), dir, $2 }' "$KAFKA_DIR/jars.sha256"
}

# The archive of loaded classes that halves the start time; it fits one Java build only.
kafka_archive() {
  echo "$KAFKA_LIBS/classes-$("$JAVA" -version 2>&1 | cksum | cut -d' ' -f1).jsa"
}

# kafka_java HOME: sets KAFKA_COMMAND, the start of a command line that runs one of Kafka's classes.
kafka_java() {
  local archive
  archive=$(kafka_archive)
  KAFKA_COMMAND=("$JAVA" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true
    "-Dlog4j2.configurationFile=$KAFKA_DIR/log4j2.properties" "-Dkafka.log.file=$1/log/server.log")
  if [ -s "$archive" ]; then KAFKA_COMMAND+=("-XX:SharedArchiveFile=$archive" -Xshare:auto -Xlog:cds=off); fi
  KAFKA_COMMAND+=(-cp "$(kafka_class_path)")
}

# Does a broker answer, with itself in the cluster? Without a node id, any broker will do.
kafka_answers() { # HOST:PORT [TIMEOUT_S [NODE_ID]]
  kcat -L -b "$1" -m "${2:-1}" 2>/dev/null | grep -qE "^ +broker ${3:-[0-9]+} at "
}
