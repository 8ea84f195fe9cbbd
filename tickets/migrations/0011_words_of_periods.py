import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

# Words with the period of the ticket's last message before them: an index of these finds the words
# of one period without reading the others, and beginnings of words too.
FUNCTIONS = """
CREATE FUNCTION tickets_period(at timestamptz) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN floor(extract(epoch FROM at) / 604800)::integer;

CREATE FUNCTION tickets_words_of_period(period integer, vector tsvector) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN array_to_tsvector(
    ARRAY(SELECT period || ':' || word FROM unnest(tsvector_to_array(vector)) AS word)
  );
END $$;
"""
# The list runs by last_message_at: the period follows it whoever writes it.
TRIGGERS = """
CREATE FUNCTION tickets_set_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT tickets_period(last_message_at) INTO NEW.period
  FROM tickets_ticket WHERE id = NEW.ticket_id;
  NEW.period := coalesce(NEW.period, 0);
  RETURN NEW;
END $$;
CREATE TRIGGER words_have_period BEFORE INSERT ON tickets_ticketwords
FOR EACH ROW EXECUTE FUNCTION tickets_set_period();

CREATE FUNCTION tickets_move_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tickets_ticketwords SET period = tickets_period(NEW.last_message_at)
  WHERE ticket_id = NEW.id AND period <> tickets_period(NEW.last_message_at);
  RETURN NULL;
END $$;
CREATE TRIGGER words_follow_ticket AFTER UPDATE ON tickets_ticket FOR EACH ROW
WHEN (tickets_period(OLD.last_message_at) <> tickets_period(NEW.last_message_at))
EXECUTE FUNCTION tickets_move_period();
"""
FILL = """
UPDATE tickets_ticketwords AS words SET period = tickets_period(ticket.last_message_at)
FROM tickets_ticket AS ticket WHERE ticket.id = words.ticket_id;
"""
UNDO = """
DROP TRIGGER words_follow_ticket ON tickets_ticket;
DROP TRIGGER words_have_period ON tickets_ticketwords;
DROP FUNCTION tickets_move_period();
DROP FUNCTION tickets_set_period();
DROP FUNCTION tickets_words_of_period(integer, tsvector);
DROP FUNCTION tickets_period(timestamptz);
"""
OF_ALL = django.contrib.postgres.indexes.GinIndex(
    fields=["vector"], gin_pending_list_limit=256, name="ticket_words"
)


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0010_newest_of_all"),
    ]

    operations = [
        migrations.AddField(
            model_name="ticketwords",
            name="period",
            field=models.IntegerField(default=0),
        ),
        migrations.RunSQL(FUNCTIONS + TRIGGERS, UNDO),
        migrations.RemoveIndex(model_name="ticketwords", name="ticket_words"),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(model_name="ticketwords", index=OF_ALL),
        migrations.AddIndex(
            model_name="ticketwords",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func(
                    models.F("period"),
                    models.F("vector"),
                    function="tickets_words_of_period",
                    output_field=django.contrib.postgres.search.SearchVectorField(),
                ),
                gin_pending_list_limit=256,
                name="ticket_words_of_period",
            ),
        ),
        migrations.AddIndex(
            model_name="ticketwords",
            index=models.Index(fields=["period"], name="ticket_words_period"),
        ),
    ]
