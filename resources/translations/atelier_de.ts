<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>Atelier</name>
    <message>
        <source> done</source>
        <translation> fertig</translation>
    </message>
    <message>
        <source> now </source>
        <translation> jetzt </translation>
    </message>
    <message>
        <source> px</source>
        <translation> px</translation>
    </message>
    <message>
        <source> · difference to %1, × %2</source>
        <translation> · Unterschied zu %1, × %2</translation>
    </message>
    <message>
        <source> · left: %1, right: %2</source>
        <translation> · links: %1, rechts: %2</translation>
    </message>
    <message>
        <source>%1  ·  silent since %2</source>
        <translation>%1  ·  still seit %2</translation>
    </message>
    <message>
        <source>%1 % of the squared difference kept</source>
        <translation>%1 % der quadrierten Differenz behalten</translation>
    </message>
    <message>
        <source>%1 %2 at step %3, %4; lowest %5 at %6</source>
        <translation>%1 %2 bei Schritt %3, %4; am niedrigsten %5 bei %6</translation>
    </message>
    <message>
        <source>%1 MB</source>
        <translation>%1 MB</translation>
    </message>
    <message>
        <source>%1 cannot be read: %2.</source>
        <translation>%1 ist nicht lesbar: %2.</translation>
    </message>
    <message>
        <source>%1 d</source>
        <translation>%1 Tg.</translation>
    </message>
    <message>
        <source>%1 d %2 h</source>
        <translation>%1 Tg. %2 Std.</translation>
    </message>
    <message>
        <source>%1 days left</source>
        <translation>noch %1 Tage</translation>
    </message>
    <message>
        <source>%1 did not answer within 5 s.</source>
        <translation>%1 hat nicht innerhalb von 5 s geantwortet.</translation>
    </message>
    <message>
        <source>%1 did not work.</source>
        <translation>%1 hat nicht geklappt.</translation>
    </message>
    <message>
        <source>%1 does not answer as an engine does%2. Choose another one in Settings.</source>
        <translation>%1 antwortet nicht wie eine Engine%2. In den Einstellungen eine andere wählen.</translation>
    </message>
    <message>
        <source>%1 does not exist.</source>
        <translation>%1 gibt es nicht.</translation>
    </message>
    <message>
        <source>%1 does not start: %2.</source>
        <translation>%1 startet nicht: %2.</translation>
    </message>
    <message>
        <source>%1 does not take it: %2</source>
        <translation>%1 nimmt es nicht an: %2</translation>
    </message>
    <message>
        <source>%1 equal</source>
        <translation>%1 gleich</translation>
    </message>
    <message>
        <source>%1 exists already. Choose another name.</source>
        <translation>%1 gibt es schon. Einen anderen Namen wählen.</translation>
    </message>
    <message>
        <source>%1 failed.</source>
        <translation>%1 ist gescheitert.</translation>
    </message>
    <message>
        <source>%1 free in %2</source>
        <translation>%1 frei in %2</translation>
    </message>
    <message>
        <source>%1 h</source>
        <translation>%1 Std.</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 Std. %2 Min.</translation>
    </message>
    <message>
        <source>%1 h %2 min left</source>
        <translation>noch %1 Std. %2 Min.</translation>
    </message>
    <message>
        <source>%1 h left</source>
        <translation>noch %1 Std.</translation>
    </message>
    <message>
        <source>%1 holds no events: it is not the log of a run, or was overwritten.</source>
        <translation>%1 enthält keine Ereignisse: Es ist nicht das Protokoll eines Laufs oder wurde überschrieben.</translation>
    </message>
    <message>
        <source>%1 holds no files; links in it lead nowhere.</source>
        <translation>%1 enthält keine Dateien; Verweise darin führen ins Leere.</translation>
    </message>
    <message>
        <source>%1 images</source>
        <translation>%1 Bilder</translation>
    </message>
    <message>
        <source>%1 images, %2 left out.</source>
        <translation>%1 Bilder, %2 ausgelassen.</translation>
    </message>
    <message>
        <source>%1 images/s</source>
        <translation>%1 Bilder/s</translation>
    </message>
    <message>
        <source>%1 is a link to %2, which does not exist.</source>
        <translation>%1 ist ein Verweis auf %2, das es nicht gibt.</translation>
    </message>
    <message>
        <source>%1 is at work and stays.</source>
        <translation>%1 arbeitet noch und bleibt.</translation>
    </message>
    <message>
        <source>%1 is empty.</source>
        <translation>%1 ist leer.</translation>
    </message>
    <message>
        <source>%1 is in the trash.</source>
        <translation>%1 liegt im Papierkorb.</translation>
    </message>
    <message>
        <source>%1 is missing</source>
        <translation>%1 fehlt</translation>
    </message>
    <message>
        <source>%1 is not UTF-8 text.</source>
        <translation>%1 ist kein UTF-8-Text.</translation>
    </message>
    <message>
        <source>%1 is not a folder.</source>
        <translation>%1 ist kein Ordner.</translation>
    </message>
    <message>
        <source>%1 is not a picture, a YAML file or a run folder.</source>
        <translation>%1 ist weder ein Bild noch eine YAML-Datei noch ein Laufordner.</translation>
    </message>
    <message>
        <source>%1 is not a run folder.</source>
        <translation>%1 ist kein Laufordner.</translation>
    </message>
    <message>
        <source>%1 is not in the queue any more.</source>
        <translation>%1 ist nicht mehr in der Warteschlange.</translation>
    </message>
    <message>
        <source>%1 is not there</source>
        <translation>%1 ist nicht da</translation>
    </message>
    <message>
        <source>%1 is not there any more.</source>
        <translation>%1 ist nicht mehr da.</translation>
    </message>
    <message>
        <source>%1 is not there. Remove it here, or bring it back and rescan.</source>
        <translation>%1 ist nicht da. Hier entfernen, oder zurückbringen und neu einlesen.</translation>
    </message>
    <message>
        <source>%1 is out of the queue; its folder stays.</source>
        <translation>%1 ist aus der Warteschlange genommen; der Ordner bleibt.</translation>
    </message>
    <message>
        <source>%1 is paused and keeps its memory</source>
        <translation>%1 pausiert und behält seinen Speicher</translation>
    </message>
    <message>
        <source>%1 is still there.</source>
        <translation>%1 ist noch da.</translation>
    </message>
    <message>
        <source>%1 is there.</source>
        <translation>%1 ist da.</translation>
    </message>
    <message>
        <source>%1 left out</source>
        <translation>%1 ausgelassen</translation>
    </message>
    <message>
        <source>%1 left out: %2</source>
        <translation>%1 ausgelassen: %2</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 Min.</translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation>%1 Min. %2 s</translation>
    </message>
    <message>
        <source>%1 min left</source>
        <translation>noch %1 Min.</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <translation>%1 ms</translation>
    </message>
    <message>
        <source>%1 must be given</source>
        <translation>%1 muss angegeben werden</translation>
    </message>
    <message>
        <source>%1 needs a number, such as %1&gt;60.</source>
        <translation>%1 braucht eine Zahl, etwa %1&gt;60.</translation>
    </message>
    <message>
        <source>%1 needs you</source>
        <translation>%1 braucht eine Entscheidung</translation>
    </message>
    <message>
        <source>%1 of %1 equal</source>
        <translation>%1 von %1 gleich</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message numerus="yes">
        <source>%1 of %2 images, %3 of pictures, about %n shard(s)</source>
        <translation><numerusform>%1 von %2 Bildern, %3 an Bilddaten, etwa %n Shard</numerusform><numerusform>%1 von %2 Bildern, %3 an Bilddaten, etwa %n Shards</numerusform></translation>
    </message>
    <message>
        <source>%1 of %2 settings differ</source>
        <translation>%1 von %2 Einstellungen unterscheiden sich</translation>
    </message>
    <message>
        <source>%1 of %2 tensors</source>
        <translation>%1 von %2 Tensoren</translation>
    </message>
    <message>
        <source>%1 of %2 tokens</source>
        <translation>%1 von %2 Tokens</translation>
    </message>
    <message>
        <source>%1 of them could not be made</source>
        <translation>%1 davon ließen sich nicht erzeugen</translation>
    </message>
    <message>
        <source>%1 px</source>
        <translation>%1 px</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 s left</source>
        <translation>noch %1 s</translation>
    </message>
    <message>
        <source>%1 samples</source>
        <translation>%1 Beispielbilder</translation>
    </message>
    <message>
        <source>%1 samples at step %2</source>
        <translation>%1 Beispielbilder bei Schritt %2</translation>
    </message>
    <message>
        <source>%1 stays as it is. The new run gets this checkpoint, the curve and the samples up to it, and goes on by itself with the same settings.</source>
        <translation>%1 bleibt, wie er ist. Der neue Lauf bekommt diesen Checkpoint sowie Kurve und Beispielbilder bis dahin und läuft mit denselben Einstellungen für sich weiter.</translation>
    </message>
    <message>
        <source>%1 steps in %2</source>
        <translation>%1 Schritte in %2</translation>
    </message>
    <message>
        <source>%1 steps of %2 s, without pictures and checkpoints</source>
        <translation>%1 Schritte zu %2 s, ohne Bilder und Checkpoints</translation>
    </message>
    <message>
        <source>%1 steps of %2, guidance %3</source>
        <translation>%1 Schritte mit %2, Guidance %3</translation>
    </message>
    <message>
        <source>%1 steps skipped</source>
        <translation>%1 Schritte übersprungen</translation>
    </message>
    <message>
        <source>%1 steps with %2 images each</source>
        <translation>%1 Schritte mit je %2 Bildern</translation>
    </message>
    <message>
        <source>%1 takes it</source>
        <translation>%1 liest es</translation>
    </message>
    <message>
        <source>%1 takes it (%2)</source>
        <translation>%1 liest es (%2)</translation>
    </message>
    <message>
        <source>%1 tensors</source>
        <translation>%1 Tensoren</translation>
    </message>
    <message>
        <source>%1 tok</source>
        <translation>%1 Tok.</translation>
    </message>
    <message>
        <source>%1 trained + %2 left out = %3 found</source>
        <translation>%1 trainiert + %2 ausgelassen = %3 gefunden</translation>
    </message>
    <message>
        <source>%1 waits in the queue and stays.</source>
        <translation>%1 wartet in der Warteschlange und bleibt.</translation>
    </message>
    <message>
        <source>%1 waits in the queue.</source>
        <translation>%1 wartet in der Warteschlange.</translation>
    </message>
    <message>
        <source>%1 warnings</source>
        <translation>%1 Warnungen</translation>
    </message>
    <message>
        <source>%1 was not moved.</source>
        <translation>%1 wurde nicht verschoben.</translation>
    </message>
    <message>
        <source>%1 was not opened.</source>
        <translation>%1 wurde nicht geöffnet.</translation>
    </message>
    <message>
        <source>%1 was not put into the queue.</source>
        <translation>%1 wurde nicht in die Warteschlange gestellt.</translation>
    </message>
    <message>
        <source>%1 was not saved.</source>
        <translation>%1 wurde nicht gespeichert.</translation>
    </message>
    <message>
        <source>%1 was not started.</source>
        <translation>%1 wurde nicht gestartet.</translation>
    </message>
    <message>
        <source>%1 °C</source>
        <translation>%1 °C</translation>
    </message>
    <message>
        <source>%1 · elsewhere</source>
        <translation>%1 · anderswo</translation>
    </message>
    <message>
        <source>%1 · version %2</source>
        <translation>%1 · version %2</translation>
    </message>
    <message>
        <source>%1 × %1 pixels</source>
        <translation>%1 × %1 Pixel</translation>
    </message>
    <message>
        <source>%1 × %1, with control image</source>
        <translation>%1 × %1, mit Steuerbild</translation>
    </message>
    <message>
        <source>%1 × %1, with mask</source>
        <translation>%1 × %1, mit Maske</translation>
    </message>
    <message>
        <source>%1 × %1, with mask and control image</source>
        <translation>%1 × %1, mit Maske und Steuerbild</translation>
    </message>
    <message>
        <source>%1 × %2 accumulated</source>
        <translation>%1 × %2 akkumuliert</translation>
    </message>
    <message>
        <source>%1 × %2 pixels</source>
        <translation>%1 × %2 Pixel</translation>
    </message>
    <message>
        <source>%1, %2, %3 parameters in %4 tensors</source>
        <translation>%1, %2, %3 Parameter in %4 Tensoren</translation>
    </message>
    <message numerus="yes">
        <source>%1, %n core(s)</source>
        <translation><numerusform>%1, %n Kern</numerusform><numerusform>%1, %n Kerne</numerusform></translation>
    </message>
    <message>
        <source>%1, its averaged weights where it keeps them</source>
        <translation>%1, gemittelte Gewichte, wo es sie gibt</translation>
    </message>
    <message>
        <source>%1, not made at step %2</source>
        <translation>%1, bei Schritt %2 nicht erzeugt</translation>
    </message>
    <message>
        <source>%1, place %2 in the queue, %3</source>
        <translation>%1, Platz %2 in der Warteschlange, %3</translation>
    </message>
    <message>
        <source>%1, process %2 on %3</source>
        <translation>%1, Prozess %2 auf %3</translation>
    </message>
    <message>
        <source>%1, smoothed</source>
        <translation>%1, geglättet</translation>
    </message>
    <message>
        <source>%1, step %2</source>
        <translation>%1, Schritt %2</translation>
    </message>
    <message>
        <source>%1, step %2, %3</source>
        <translation>%1, Schritt %2, %3</translation>
    </message>
    <message>
        <source>%1, step %2, seed %3</source>
        <translation>%1, Schritt %2, Seed %3</translation>
    </message>
    <message>
        <source>%1, step %2: %3</source>
        <translation>%1, Schritt %2: %3</translation>
    </message>
    <message>
        <source>%1, this step</source>
        <translation>%1, dieser Schritt</translation>
    </message>
    <message>
        <source>%1: asked %2</source>
        <translation>%1: angefragt %2</translation>
    </message>
    <message>
        <source>%1: done</source>
        <translation>%1: erledigt</translation>
    </message>
    <message>
        <source>%1: done, %2 s</source>
        <translation>%1: erledigt, %2 s</translation>
    </message>
    <message>
        <source>%1: no values yet</source>
        <translation>%1: noch keine Werte</translation>
    </message>
    <message>
        <source>%1: not finite</source>
        <translation>%1: nicht endlich</translation>
    </message>
    <message>
        <source>%1: not sent, %2</source>
        <translation>%1: nicht gesendet, %2</translation>
    </message>
    <message>
        <source>%1: refused</source>
        <translation>%1: abgelehnt</translation>
    </message>
    <message>
        <source>%1: refused, %2</source>
        <translation>%1: abgelehnt, %2</translation>
    </message>
    <message>
        <source>%1: taken, at work</source>
        <translation>%1: angenommen, in Arbeit</translation>
    </message>
    <message>
        <source>%1: the run ended first</source>
        <translation>%1: Der Lauf endete vorher</translation>
    </message>
    <message>
        <source>%1: what it needs, then it can start</source>
        <translation>%1: was nötig ist, dann kann es losgehen</translation>
    </message>
    <message numerus="yes">
        <source>%n caption(s) (.txt)</source>
        <translation><numerusform>%n Beschriftung (.txt)</numerusform><numerusform>%n Beschriftungen (.txt)</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n caption(s) attached.</source>
        <translation><numerusform>%n Beschriftung zugeordnet.</numerusform><numerusform>%n Beschriftungen zugeordnet.</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n caption(s) cut</source>
        <translation><numerusform>%n Beschriftung gekürzt</numerusform><numerusform>%n Beschriftungen gekürzt</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n captioned emoji picture(s): look at them, build shards, train a tiny model on this computer.</source>
        <translation><numerusform>%n beschriftetes Emoji-Bild: ansehen, Shards bauen, auf diesem Rechner ein winziges Modell trainieren.</numerusform><numerusform>%n beschriftete Emoji-Bilder: ansehen, Shards bauen, auf diesem Rechner ein winziges Modell trainieren.</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n core(s)</source>
        <translation><numerusform>%n Kern</numerusform><numerusform>%n Kerne</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n edit(s) saved</source>
        <translation><numerusform>%n Änderung gespeichert</numerusform><numerusform>%n Änderungen gespeichert</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n error(s)</source>
        <translation><numerusform>%n Fehler</numerusform><numerusform>%n Fehler</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n file(s)</source>
        <translation><numerusform>%n Datei</numerusform><numerusform>%n Dateien</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) without a picture of the same name.</source>
        <translation><numerusform>%n Datei ohne gleichnamiges Bild.</numerusform><numerusform>%n Dateien ohne gleichnamiges Bild.</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n folder(s)</source>
        <translation><numerusform>%n Ordner</numerusform><numerusform>%n Ordner</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n image(s)</source>
        <translation><numerusform>%n Bild</numerusform><numerusform>%n Bilder</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) have got a control image.</source>
        <translation><numerusform>%n Bild hat ein Steuerbild bekommen.</numerusform><numerusform>%n Bilder haben ein Steuerbild bekommen.</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) have got a mask.</source>
        <translation><numerusform>%n Bild hat eine Maske bekommen.</numerusform><numerusform>%n Bilder haben eine Maske bekommen.</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) here have no file of their name.</source>
        <translation><numerusform>Für %n Bild hier gibt es keine Datei seines Namens.</numerusform><numerusform>Für %n Bilder hier gibt es keine Datei ihres Namens.</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n job(s) on models end with this window; nothing half-written is left behind. Training runs go on.</source>
        <translation><numerusform>%n Auftrag an Modellen endet mit diesem Fenster; nichts Halbfertiges bleibt zurück. Trainingsläufe gehen weiter.</numerusform><numerusform>%n Aufträge an Modellen enden mit diesem Fenster; nichts Halbfertiges bleibt zurück. Trainingsläufe gehen weiter.</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n key(s)</source>
        <translation><numerusform>%n Schlüssel</numerusform><numerusform>%n Schlüssel</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n layer(s)</source>
        <translation><numerusform>%n Schicht</numerusform><numerusform>%n Schichten</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n need attention or run</source>
        <translation><numerusform>%n braucht Aufmerksamkeit oder läuft</numerusform><numerusform>%n brauchen Aufmerksamkeit oder laufen</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n of them enlarged</source>
        <translation><numerusform>%n davon vergrößert</numerusform><numerusform>%n davon vergrößert</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n picture(s)</source>
        <translation><numerusform>%n Bild</numerusform><numerusform>%n Bilder</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n place(s) could not be read.</source>
        <translation><numerusform>%n Stelle war nicht lesbar.</numerusform><numerusform>%n Stellen waren nicht lesbar.</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n processor core(s)</source>
        <translation><numerusform>%n Prozessorkern</numerusform><numerusform>%n Prozessorkerne</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n run(s)</source>
        <translation><numerusform>%n Lauf</numerusform><numerusform>%n Läufe</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n selected</source>
        <translation><numerusform>%n ausgewählt</numerusform><numerusform>%n ausgewählt</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n shard(s)</source>
        <translation><numerusform>%n Shard</numerusform><numerusform>%n Shards</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n shard(s) in %1</source>
        <translation><numerusform>%n Shard in %1</numerusform><numerusform>%n Shards in %1</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s)</source>
        <translation><numerusform>%n Tensor</numerusform><numerusform>%n Tensoren</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s) hold NaN or infinity, the first is %1. Pictures made with it will be black.</source>
        <translation><numerusform>%n Tensor enthält NaN oder Unendlich, der erste ist %1. Bilder damit werden schwarz.</numerusform><numerusform>%n Tensoren enthalten NaN oder Unendlich, der erste ist %1. Bilder damit werden schwarz.</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s) hold NaN or infinity: pictures made with it will be black</source>
        <translation><numerusform>%n Tensor enthält NaN oder Unendlich: Bilder damit werden schwarz</numerusform><numerusform>%n Tensoren enthalten NaN oder Unendlich: Bilder damit werden schwarz</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n token(s) cut</source>
        <translation><numerusform>%n Token abgeschnitten</numerusform><numerusform>%n Tokens abgeschnitten</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n value(s) missing or wrong</source>
        <translation><numerusform>%n Wert fehlt oder ist falsch</numerusform><numerusform>%n Werte fehlen oder sind falsch</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n warning(s)</source>
        <translation><numerusform>%n Warnung</numerusform><numerusform>%n Warnungen</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n with a control image</source>
        <translation><numerusform>%n mit Steuerbild</numerusform><numerusform>%n mit Steuerbild</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n with a mask</source>
        <translation><numerusform>%n mit Maske</numerusform><numerusform>%n mit Maske</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n without</source>
        <translation><numerusform>%n ohne</numerusform><numerusform>%n ohne</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n word(s)</source>
        <translation><numerusform>%n Wort</numerusform><numerusform>%n Wörter</numerusform></translation>
    </message>
    <message>
        <source>+ add tag</source>
        <translation>+ Tag</translation>
    </message>
    <message>
        <source>0 of %1 images pass the filter.</source>
        <translation>0 von %1 Bildern passen zum Filter.</translation>
    </message>
    <message>
        <source>1 sample</source>
        <translation>1 Beispielbild</translation>
    </message>
    <message>
        <source>1 sample at step %1</source>
        <translation>1 Beispielbild bei Schritt %1</translation>
    </message>
    <message>
        <source>1 step skipped</source>
        <translation>1 Schritt übersprungen</translation>
    </message>
    <message>
        <source>1 warning</source>
        <translation>1 Warnung</translation>
    </message>
    <message>
        <source>1: the prompt alone, without classifier-free guidance</source>
        <translation>1: nur der Prompt, ohne Classifier-free Guidance</translation>
    </message>
    <message>
        <source>32 bit</source>
        <translation>32 Bit</translation>
    </message>
    <message>
        <source>; maximum difference after reading it again: %1</source>
        <translation>; größter Unterschied nach erneutem Lesen: %1</translation>
    </message>
    <message>
        <source>A LoRA from %1</source>
        <translation>Ein LoRA aus %1</translation>
    </message>
    <message>
        <source>A LoRA is tried on a base model, and none is known.</source>
        <translation>Ein LoRA wird auf einem Basismodell probiert, und keines ist bekannt.</translation>
    </message>
    <message>
        <source>A build packs pictures and captions into tar files that training reads fast, then reads every byte back.</source>
        <translation>Ein Build packt Bilder und Beschriftungen in tar-Dateien, die das Training schnell liest, und liest danach jedes Byte zurück.</translation>
    </message>
    <message>
        <source>A checkpoint as A1111, ComfyUI and the original repositories keep it.</source>
        <translation>Ein Checkpoint, wie A1111, ComfyUI und die ursprünglichen Repositorien ihn ablegen.</translation>
    </message>
    <message>
        <source>A closer look at progress; each round pauses training.</source>
        <translation>Ein genauerer Blick auf den Fortschritt; jede Runde hält das Training an.</translation>
    </message>
    <message>
        <source>A closing bracket has no opening one.</source>
        <translation>Zu einer schließenden Klammer fehlt die öffnende.</translation>
    </message>
    <message>
        <source>A condition is missing.</source>
        <translation>Eine Bedingung fehlt.</translation>
    </message>
    <message>
        <source>A description of the run.</source>
        <translation>Eine Beschreibung des Laufs.</translation>
    </message>
    <message>
        <source>A folder of its own under %1</source>
        <translation>Ein eigener Ordner unter %1</translation>
    </message>
    <message>
        <source>A folder that runs anywhere the engine is, with or without a cluster</source>
        <translation>Ein Ordner, der überall läuft, wo die Engine ist, mit oder ohne Cluster</translation>
    </message>
    <message>
        <source>A folder with adapter_config.json.</source>
        <translation>Ein Ordner mit adapter_config.json.</translation>
    </message>
    <message>
        <source>A folder with pictures of the class; what is missing is made and kept there. Absent: a folder of its own beside the runs.</source>
        <translation>Ein Ordner mit Bildern der Klasse; was fehlt, wird erzeugt und dort aufbewahrt. Ohne Angabe: ein eigener Ordner neben den Läufen.</translation>
    </message>
    <message>
        <source>A larger effective batch without more memory; slower steps.</source>
        <translation>Ein größerer effektiver Batch ohne mehr Speicher; langsamere Schritte.</translation>
    </message>
    <message>
        <source>A layer's rank ends where it holds this share of the squared difference.</source>
        <translation>Der Rang einer Schicht endet dort, wo er diesen Anteil der quadrierten Differenz hält.</translation>
    </message>
    <message>
        <source>A model is being written</source>
        <translation>Ein Modell wird gerade geschrieben</translation>
    </message>
    <message>
        <source>A model of classes</source>
        <translation>Ein Modell von Klassen</translation>
    </message>
    <message>
        <source>A model without text</source>
        <translation>Ein Modell ohne Text</translation>
    </message>
    <message>
        <source>A name is needed.</source>
        <translation>Ein Name ist nötig.</translation>
    </message>
    <message>
        <source>A new configuration was begun.</source>
        <translation>Eine neue Konfiguration wurde begonnen.</translation>
    </message>
    <message>
        <source>A new model with the LoRA added to its weights; the base stays as it is</source>
        <translation>Ein neues Modell, in dessen Gewichte das LoRA eingerechnet ist; die Basis bleibt, wie sie ist</translation>
    </message>
    <message>
        <source>A new run from %1.</source>
        <translation>Ein neuer Lauf aus %1.</translation>
    </message>
    <message>
        <source>A new text-to-image UNet in the size of Stable Diffusion 1, with the text encoder and the autoencoder of a base model.</source>
        <translation>Ein neues Text-zu-Bild-UNet in der Größe von Stable Diffusion 1, mit Textencoder und Autoencoder eines Basismodells.</translation>
    </message>
    <message>
        <source>A newer Atelier wrote them; everything else is shown.</source>
        <translation>Ein neueres Atelier hat sie geschrieben; alles andere wird gezeigt.</translation>
    </message>
    <message>
        <source>A number is expected, such as 0.5 or 1e-4.</source>
        <translation>Hier gehört eine Zahl hin, etwa 0.5 oder 1e-4.</translation>
    </message>
    <message>
        <source>A pickle may contain code. Atelier reads it as data only.</source>
        <translation>Ein Pickle kann Code enthalten. Atelier liest es nur als Daten.</translation>
    </message>
    <message>
        <source>A plain folder with datasets, configs, runs and models. Takes hold when the window is made anew.</source>
        <translation>Ein einfacher Ordner mit Datensätzen, Konfigurationen, Läufen und Modellen. Gilt, sobald das Fenster neu aufgebaut ist.</translation>
    </message>
    <message>
        <source>A prompt is needed.</source>
        <translation>Ein Prompt ist nötig.</translation>
    </message>
    <message>
        <source>A run folder from here, from a cluster or from a colleague. The curve and samples come back at once.</source>
        <translation>Ein Laufordner von hier, aus einem Cluster oder von anderen. Kurve und Beispielbilder sind sofort wieder da.</translation>
    </message>
    <message>
        <source>A run folder has a config.yaml and, once started, an events.jsonl.</source>
        <translation>Ein Laufordner hat eine config.yaml und, sobald er gestartet ist, eine events.jsonl.</translation>
    </message>
    <message>
        <source>A run is a folder that the engine fills. Start one, or open a run folder from anywhere.</source>
        <translation>Ein Lauf ist ein Ordner, den die Engine füllt. Einen starten, oder einen Laufordner von irgendwo öffnen.</translation>
    </message>
    <message>
        <source>A run whose device is taken waits in the queue either way.</source>
        <translation>Ein Lauf, dessen Gerät belegt ist, wartet in jedem Fall in der Warteschlange.</translation>
    </message>
    <message>
        <source>A second picture of each sample</source>
        <translation>Ein zweites Bild zu jedem Beispiel</translation>
    </message>
    <message>
        <source>A shard closes at</source>
        <translation>Ein Shard schließt bei</translation>
    </message>
    <message>
        <source>A steadier number, longer pauses.</source>
        <translation>Eine ruhigere Zahl, längere Pausen.</translation>
    </message>
    <message>
        <source>A steadier number; less to learn from.</source>
        <translation>Eine ruhigere Zahl; weniger, woraus gelernt wird.</translation>
    </message>
    <message>
        <source>A whole number is expected.</source>
        <translation>Hier gehört eine ganze Zahl hin.</translation>
    </message>
    <message>
        <source>A1111</source>
        <translation>A1111</translation>
    </message>
    <message>
        <source>About %1; %2 free in %3</source>
        <translation>Etwa %1; %2 frei in %3</translation>
    </message>
    <message>
        <source>Absolute (L1)</source>
        <translation>Absolut (L1)</translation>
    </message>
    <message>
        <source>Accepted for open-diffusion's files; Atelier's attention is memory-efficient either way.</source>
        <translation>Für Dateien von open-diffusion angenommen; die Attention von Atelier spart ohnehin Speicher.</translation>
    </message>
    <message>
        <source>Account</source>
        <translation>Konto</translation>
    </message>
    <message>
        <source>Account or team that the run belongs to.</source>
        <translation>Konto oder Team, dem der Lauf gehört.</translation>
    </message>
    <message>
        <source>Activations</source>
        <translation>Aktivierungen</translation>
    </message>
    <message>
        <source>Adafactor</source>
        <translation>Adafactor</translation>
    </message>
    <message>
        <source>Adam's correction of the first steps, which here acts as a warm-up.</source>
        <translation>Adams Korrektur der ersten Schritte, die hier wie ein Warm-up wirkt.</translation>
    </message>
    <message>
        <source>AdamW</source>
        <translation>AdamW</translation>
    </message>
    <message>
        <source>AdamW, 8 bit</source>
        <translation>AdamW, 8 Bit</translation>
    </message>
    <message>
        <source>Adaptive weight</source>
        <translation>Angepasstes Gewicht</translation>
    </message>
    <message>
        <source>Add a folder of images</source>
        <translation>Bilderordner hinzufügen</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>Ordner hinzufügen…</translation>
    </message>
    <message>
        <source>Add a tag</source>
        <translation>Tag hinzufügen</translation>
    </message>
    <message>
        <source>Add image files…</source>
        <translation>Bilddateien hinzufügen…</translation>
    </message>
    <message>
        <source>Add images</source>
        <translation>Bilder hinzufügen</translation>
    </message>
    <message>
        <source>Add one</source>
        <translation>Hinzufügen</translation>
    </message>
    <message>
        <source>Add run</source>
        <translation>Lauf hinzufügen</translation>
    </message>
    <message>
        <source>Add to %1</source>
        <translation>%1: hinzufügen</translation>
    </message>
    <message>
        <source>Add to queue</source>
        <translation>In die Warteschlange</translation>
    </message>
    <message>
        <source>Add to “%1”</source>
        <translation>Zu „%1“ hinzufügen</translation>
    </message>
    <message numerus="yes">
        <source>Add with %n warning(s)</source>
        <translation><numerusform>Mit %n Warnung hinzufügen</numerusform><numerusform>Mit %n Warnungen hinzufügen</numerusform></translation>
    </message>
    <message>
        <source>Added to the list; nothing is copied.</source>
        <translation>In die Liste aufgenommen; nichts wird kopiert.</translation>
    </message>
    <message>
        <source>Address of a server of your own; absent: WANDB_BASE_URL, else https://api.wandb.ai.</source>
        <translation>Adresse eines eigenen Servers; ohne Angabe: WANDB_BASE_URL, sonst https://api.wandb.ai.</translation>
    </message>
    <message>
        <source>Adds noise of coarser and coarser grain, each level times this; 0 is off.</source>
        <translation>Fügt Rauschen mit immer gröberem Korn hinzu, jede Stufe mit diesem Faktor; 0 ist aus.</translation>
    </message>
    <message>
        <source>Adds one random value per channel to the noise, so that brightness as a whole is learned, too.</source>
        <translation>Fügt dem Rauschen je Kanal einen Zufallswert hinzu, sodass auch die Helligkeit als Ganzes gelernt wird.</translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>Advanced %1</source>
        <translation>Mehr %1</translation>
    </message>
    <message>
        <source>After every caption</source>
        <translation>Hinter jeder Beschriftung</translation>
    </message>
    <message>
        <source>After every step each new vector is brought to the mean length of the model's own words.</source>
        <translation>Nach jedem Schritt wird jeder neue Vektor auf die mittlere Länge der eigenen Wörter des Modells gebracht.</translation>
    </message>
    <message>
        <source>Alike whatever their size</source>
        <translation>Gleich, wie groß sie auch sind</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>All alike</source>
        <translation>Alle gleich</translation>
    </message>
    <message>
        <source>All images</source>
        <translation>Alle Bilder</translation>
    </message>
    <message>
        <source>All runs</source>
        <translation>Alle Läufe</translation>
    </message>
    <message>
        <source>All settings</source>
        <translation>Alle Einstellungen</translation>
    </message>
    <message>
        <source>All values were read; none is NaN or infinity.</source>
        <translation>Alle Werte wurden gelesen; keiner ist NaN oder unendlich.</translation>
    </message>
    <message>
        <source>Allow %1 px</source>
        <translation>%1 px erlauben</translation>
    </message>
    <message>
        <source>Allow any shape</source>
        <translation>Jede Form erlauben</translation>
    </message>
    <message>
        <source>Also keep every</source>
        <translation>Außerdem jeden behalten</translation>
    </message>
    <message>
        <source>Also the settings that are the same</source>
        <translation>Auch die Einstellungen, die gleich sind</translation>
    </message>
    <message>
        <source>Also updates the text encoder, with the same learning rate; a LoRA gets adapters in its attention.</source>
        <translation>Trainiert auch den Textencoder, mit derselben Lernrate; ein LoRA bekommt Adapter in dessen Attention.</translation>
    </message>
    <message>
        <source>An older checkpoint is removed once the new one was read back.</source>
        <translation>Ein älterer Checkpoint wird entfernt, sobald der neue zurückgelesen ist.</translation>
    </message>
    <message>
        <source>An opening bracket is not closed.</source>
        <translation>Eine öffnende Klammer ist nicht geschlossen.</translation>
    </message>
    <message>
        <source>Another seed</source>
        <translation>Anderer Seed</translation>
    </message>
    <message>
        <source>Apply now</source>
        <translation>Jetzt anwenden</translation>
    </message>
    <message>
        <source>Apptainer image that holds the engine; absent: it runs on the node itself.</source>
        <translation>Apptainer-Image mit der Engine; ohne Angabe: Sie läuft auf dem Knoten selbst.</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>Architektur</translation>
    </message>
    <message>
        <source>Arithmetic of</source>
        <translation>Rechenweise von</translation>
    </message>
    <message>
        <source>As SLURM writes it, such as 64G; absent: the cluster's default.</source>
        <translation>Wie SLURM es schreibt, etwa 64G; ohne Angabe: die Vorgabe des Clusters.</translation>
    </message>
    <message>
        <source>As a new run</source>
        <translation>Als neuer Lauf</translation>
    </message>
    <message>
        <source>As after the first start; projects, datasets, runs and models stay, and so does what was used last.</source>
        <translation>Wie nach dem ersten Start; Projekte, Datensätze, Läufe und Modelle bleiben, ebenso das zuletzt Benutzte.</translation>
    </message>
    <message>
        <source>As it is</source>
        <translation>Wie es ist</translation>
    </message>
    <message>
        <source>As the cluster names it (a100); absent: any.</source>
        <translation>Wie der Cluster sie nennt (a100); ohne Angabe: beliebig.</translation>
    </message>
    <message>
        <source>Aspect-ratio buckets</source>
        <translation>Buckets nach Seitenverhältnis</translation>
    </message>
    <message>
        <source>Atelier</source>
        <translation>Atelier</translation>
    </message>
    <message>
        <source>Atelier cannot use .%1 files. It reads JPEG, PNG, WebP, TIFF, BMP and GIF pictures, YAML files and run folders.</source>
        <translation>Atelier kann mit .%1-Dateien nichts anfangen. Gelesen werden Bilder in JPEG, PNG, WebP, TIFF, BMP und GIF, YAML-Dateien und Laufordner.</translation>
    </message>
    <message>
        <source>Atelier cannot use this</source>
        <translation>Atelier kann damit nichts anfangen</translation>
    </message>
    <message>
        <source>Atelier has no other form for this kind of model.</source>
        <translation>Für diese Art von Modell hat Atelier keine andere Form.</translation>
    </message>
    <message>
        <source>Atelier has no other form for this.</source>
        <translation>Dafür hat Atelier keine andere Form.</translation>
    </message>
    <message>
        <source>Atelier says what it is, converts it, merges LoRAs into it and trains on it. Nothing is copied.</source>
        <translation>Atelier sagt, was es ist, wandelt es um, rechnet LoRAs ein und trainiert darauf. Nichts wird kopiert.</translation>
    </message>
    <message>
        <source>Attach the text files to images of the same name</source>
        <translation>Die Textdateien gleichnamigen Bildern zuordnen</translation>
    </message>
    <message>
        <source>Audit</source>
        <translation>Audit</translation>
    </message>
    <message>
        <source>Audit: what training will see</source>
        <translation>Audit: was das Training sehen wird</translation>
    </message>
    <message>
        <source>Autoencoder</source>
        <translation>Autoencoder</translation>
    </message>
    <message>
        <source>Autoencoder with a codebook</source>
        <translation>Autoencoder mit Codebuch</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Averaged weights (EMA)</source>
        <translation>Gemittelte Gewichte (EMA)</translation>
    </message>
    <message>
        <source>Averaged weights to begin with instead of the model's own: open-diffusion's ema_model.state, a pipeline or model folder, a weights file, or optimizer.safetensors of a run's checkpoint.</source>
        <translation>Gemittelte Gewichte, mit denen begonnen wird, statt der eigenen des Modells: ema_model.state von open-diffusion, ein Pipeline- oder Modellordner, eine Gewichtsdatei oder optimizer.safetensors aus dem Checkpoint eines Laufs.</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Back to %1</source>
        <translation>Zurück zu %1</translation>
    </message>
    <message>
        <source>Back to the default</source>
        <translation>Zurück zur Vorgabe</translation>
    </message>
    <message>
        <source>Back to what it was (Alt: to the default)</source>
        <translation>Zurück zum vorigen Wert (Alt: zur Vorgabe)</translation>
    </message>
    <message>
        <source>Backend</source>
        <translation>Backend</translation>
    </message>
    <message>
        <source>Backgrounds and watermarks are not learned.</source>
        <translation>Hintergründe und Wasserzeichen werden nicht gelernt.</translation>
    </message>
    <message>
        <source>Base model</source>
        <translation>Basismodell</translation>
    </message>
    <message>
        <source>Basic</source>
        <translation>Einfach</translation>
    </message>
    <message>
        <source>Basic %1</source>
        <translation>Einfach %1</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>Batch</translation>
    </message>
    <message>
        <source>Batch size</source>
        <translation>Batchgröße</translation>
    </message>
    <message>
        <source>Batch, devices and threads.</source>
        <translation>Batch, Geräte und Threads.</translation>
    </message>
    <message>
        <source>Becomes</source>
        <translation>Wird zu</translation>
    </message>
    <message>
        <source>Before / after</source>
        <translation>Vorher / nachher</translation>
    </message>
    <message>
        <source>Before and after</source>
        <translation>Vorher und nachher</translation>
    </message>
    <message>
        <source>Before and after (B)</source>
        <translation>Vorher und nachher (B)</translation>
    </message>
    <message>
        <source>Before every caption</source>
        <translation>Vor jeder Beschriftung</translation>
    </message>
    <message>
        <source>Beginning</source>
        <translation>Beginn</translation>
    </message>
    <message>
        <source>Beside what runs, without waiting for its turn</source>
        <translation>Neben dem, was läuft, ohne zu warten, bis er an der Reihe ist</translation>
    </message>
    <message>
        <source>Beta 1</source>
        <translation>Beta 1</translation>
    </message>
    <message>
        <source>Beta 2</source>
        <translation>Beta 2</translation>
    </message>
    <message>
        <source>Better statistics, longer pauses.</source>
        <translation>Bessere Statistik, längere Pausen.</translation>
    </message>
    <message>
        <source>Bias correction</source>
        <translation>Bias-Korrektur</translation>
    </message>
    <message>
        <source>Brightness at random</source>
        <translation>Helligkeit zufällig</translation>
    </message>
    <message>
        <source>Brightness is multiplied by a factor drawn from 1 − this … 1 + this.</source>
        <translation>Die Helligkeit wird mit einem Faktor vervielfacht, gezogen aus 1 − diesem Wert … 1 + diesem Wert.</translation>
    </message>
    <message>
        <source>Build</source>
        <translation>Bauen</translation>
    </message>
    <message>
        <source>Build again: shards that were finished are used. Its log: %1</source>
        <translation>Noch einmal bauen: fertige Shards werden übernommen. Das Protokoll: %1</translation>
    </message>
    <message>
        <source>Build shards</source>
        <translation>Shards bauen</translation>
    </message>
    <message>
        <source>Building %1 %</source>
        <translation>Build bei %1 %</translation>
    </message>
    <message>
        <source>By signal to noise</source>
        <translation>Nach Signal-Rausch-Verhältnis</translation>
    </message>
    <message>
        <source>By step</source>
        <translation>Nach Schritt</translation>
    </message>
    <message>
        <source>By the rules of their readers</source>
        <translation>Nach den Regeln ihrer Leser</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>CPU cores per GPU</source>
        <translation>CPU-Kerne je GPU</translation>
    </message>
    <message>
        <source>CPU threads</source>
        <translation>CPU-Threads</translation>
    </message>
    <message>
        <source>CPU, %1 threads</source>
        <translation>CPU, %1 Threads</translation>
    </message>
    <message>
        <source>CPU, drag to reorder</source>
        <translation>CPU, zum Umordnen ziehen</translation>
    </message>
    <message>
        <source>CSV file with the columns uid and caption; pictures of its first rows are made at each checkpoint.</source>
        <translation>CSV-Datei mit den Spalten uid und caption; zu ihren ersten Zeilen entstehen bei jedem Checkpoint Bilder.</translation>
    </message>
    <message>
        <source>Cache folder</source>
        <translation>Cache-Ordner</translation>
    </message>
    <message>
        <source>Cached latents</source>
        <translation>Vorberechnete Latents</translation>
    </message>
    <message>
        <source>Can learn more; larger file, over-fits sooner.</source>
        <translation>Kann mehr lernen; größere Datei, überanpasst früher.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Cancel build</source>
        <translation>Build abbrechen</translation>
    </message>
    <message>
        <source>Cannot be read</source>
        <translation>Nicht lesbar</translation>
    </message>
    <message>
        <source>Caption</source>
        <translation>Beschriftung</translation>
    </message>
    <message>
        <source>Caption dropout</source>
        <translation>Beschriftung weglassen</translation>
    </message>
    <message>
        <source>Caption of each of these pictures instead of its own, such as "a photo of sks dog". Absent: each picture's caption, in kohya's layout the name of its folder where it has none.</source>
        <translation>Beschriftung jedes dieser Bilder statt seiner eigenen, etwa „a photo of sks dog“. Ohne Angabe: die Beschriftung des Bildes, bei kohyas Ordnern der Name des Ordners, wo es keine hat.</translation>
    </message>
    <message>
        <source>Caption of every picture instead of its own: a rare word and the class, such as "a photo of sks dog". Absent: each picture's caption.</source>
        <translation>Beschriftung aller Bilder statt ihrer eigenen: ein seltenes Wort und die Klasse, etwa "a photo of sks dog". Ohne Angabe: die Beschriftung jedes Bildes.</translation>
    </message>
    <message>
        <source>Caption too long</source>
        <translation>Beschriftung zu lang</translation>
    </message>
    <message>
        <source>Captions are NAME.txt in this folder, not beside their pictures.</source>
        <translation>Beschriftungen liegen als NAME.txt in diesem Ordner, nicht neben ihren Bildern.</translation>
    </message>
    <message>
        <source>Captions bind faster; guidance gets weaker.</source>
        <translation>Beschriftungen binden schneller; Guidance wird schwächer.</translation>
    </message>
    <message>
        <source>Captions of new words</source>
        <translation>Beschriftungen für neue Wörter</translation>
    </message>
    <message>
        <source>Captions of several lines</source>
        <translation>Mehrzeilige Beschriftungen</translation>
    </message>
    <message>
        <source>Captions only</source>
        <translation>Nur Beschriftungen</translation>
    </message>
    <message>
        <source>Centre</source>
        <translation>Mitte</translation>
    </message>
    <message>
        <source>Centre of the logit-normal draw; 0 is the middle of the schedule.</source>
        <translation>Mitte der Logit-Normal-Ziehung; 0 ist die Mitte des Zeitplans.</translation>
    </message>
    <message>
        <source>Change %1</source>
        <translation>%1 ändern</translation>
    </message>
    <message numerus="yes">
        <source>Change %n caption(s)</source>
        <translation><numerusform>%n Beschriftung ändern</numerusform><numerusform>%n Beschriftungen ändern</numerusform></translation>
    </message>
    <message>
        <source>Change captions</source>
        <translation>Beschriftungen ändern</translation>
    </message>
    <message>
        <source>Change the rank of %1</source>
        <translation>Rang von %1 ändern</translation>
    </message>
    <message>
        <source>Change the rank…</source>
        <translation>Rang ändern…</translation>
    </message>
    <message>
        <source>Changed</source>
        <translation>Geändert</translation>
    </message>
    <message>
        <source>Changed only</source>
        <translation>Geänderte</translation>
    </message>
    <message>
        <source>Changes</source>
        <translation>Änderungen</translation>
    </message>
    <message>
        <source>Channels of the discriminator's first layer.</source>
        <translation>Kanäle der ersten Schicht des Diskriminators.</translation>
    </message>
    <message>
        <source>Check the permissions and the free space there.</source>
        <translation>Die Rechte und den freien Platz dort prüfen.</translation>
    </message>
    <message>
        <source>Check values</source>
        <translation>Werte prüfen</translation>
    </message>
    <message>
        <source>Checkpoint %1, %2, %3 s</source>
        <translation>Checkpoint %1, %2, %3 s</translation>
    </message>
    <message>
        <source>Checkpoint every</source>
        <translation>Checkpoint alle</translation>
    </message>
    <message>
        <source>Checkpoint now</source>
        <translation>Jetzt Checkpoint</translation>
    </message>
    <message>
        <source>Checkpoint of step %1</source>
        <translation>Checkpoint von Schritt %1</translation>
    </message>
    <message>
        <source>Checkpoint of step %1, %2, written in %3 s, read back and equal</source>
        <translation>Checkpoint von Schritt %1, %2, in %3 s geschrieben, zurückgelesen und gleich</translation>
    </message>
    <message>
        <source>Checkpoint, %1</source>
        <translation>Checkpoint, %1</translation>
    </message>
    <message>
        <source>Checkpoints</source>
        <translation>Checkpoints</translation>
    </message>
    <message>
        <source>Checkpoints at multiples of this many steps are kept for good.</source>
        <translation>Checkpoints bei Vielfachen dieser Schrittzahl bleiben für immer.</translation>
    </message>
    <message>
        <source>Choose %1</source>
        <translation>%1 wählen</translation>
    </message>
    <message>
        <source>Choose a dataset</source>
        <translation>Einen Datensatz wählen</translation>
    </message>
    <message>
        <source>Choose a folder of images</source>
        <translation>Bilderordner wählen</translation>
    </message>
    <message>
        <source>Choose a folder…</source>
        <translation>Ordner wählen…</translation>
    </message>
    <message>
        <source>Choose a pipeline folder</source>
        <translation>Einen Pipeline-Ordner wählen</translation>
    </message>
    <message>
        <source>Choose a template</source>
        <translation>Eine Vorlage wählen</translation>
    </message>
    <message>
        <source>Choose another one</source>
        <translation>Ein anderes wählen</translation>
    </message>
    <message>
        <source>Choose atelier-engine</source>
        <translation>atelier-engine wählen</translation>
    </message>
    <message>
        <source>Choose the engine…</source>
        <translation>Die Engine wählen…</translation>
    </message>
    <message>
        <source>Choose two to six runs: their curves in one plot, the settings they differ in, and the pictures of one prompt side by side. Or drop run folders here.</source>
        <translation>Zwei bis sechs Läufe wählen: ihre Kurven in einem Diagramm, die Einstellungen, in denen sie sich unterscheiden, und die Bilder eines Prompts nebeneinander. Oder Laufordner hierher ziehen.</translation>
    </message>
    <message>
        <source>Choose where atelier-engine is in Settings.</source>
        <translation>In den Einstellungen angeben, wo atelier-engine liegt.</translation>
    </message>
    <message>
        <source>Choose: %1</source>
        <translation>Wählen: %1</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Wählen…</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>Klasse</translation>
    </message>
    <message>
        <source>Class of the part under its diffusers or transformers name; absent means the usual one.</source>
        <translation>Klasse des Teils unter ihrem Namen in diffusers oder transformers; ohne Angabe die übliche.</translation>
    </message>
    <message>
        <source>Class pictures</source>
        <translation>Klassenbilder</translation>
    </message>
    <message>
        <source>Class pictures of one's own</source>
        <translation>Eigene Klassenbilder</translation>
    </message>
    <message>
        <source>Class prompts</source>
        <translation>Klassen-Prompts</translation>
    </message>
    <message>
        <source>Class weight</source>
        <translation>Gewicht der Klasse</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>Klassen</translation>
    </message>
    <message>
        <source>Cleaner pictures, slower.</source>
        <translation>Sauberere Bilder, langsamer.</translation>
    </message>
    <message>
        <source>Cleaner pictures; one more copy of the weights in memory.</source>
        <translation>Sauberere Bilder; eine Kopie der Gewichte mehr im Speicher.</translation>
    </message>
    <message>
        <source>Clear filter</source>
        <translation>Filter löschen</translation>
    </message>
    <message>
        <source>Click a setting or a line of the YAML to read what it does.</source>
        <translation>Eine Einstellung oder eine Zeile im YAML anklicken, um zu lesen, was sie tut.</translation>
    </message>
    <message>
        <source>Click to go to the setting. Enter does the same, Ctrl+Enter corrects it.</source>
        <translation>Klicken führt zur Einstellung. Enter ebenso, Strg+Enter berichtigt sie.</translation>
    </message>
    <message>
        <source>Clip outliers</source>
        <translation>Ausreißer kappen</translation>
    </message>
    <message>
        <source>Clips rarely; a bad batch may throw training off.</source>
        <translation>Begrenzt selten; ein schlechter Batch kann das Training aus der Bahn werfen.</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Close (Esc)</source>
        <translation>Schließen (Esc)</translation>
    </message>
    <message>
        <source>Close message</source>
        <translation>Meldung schließen</translation>
    </message>
    <message>
        <source>Closer to the prompt, harsher colours.</source>
        <translation>Näher am Prompt, härtere Farben.</translation>
    </message>
    <message>
        <source>Closer to the squared loss.</source>
        <translation>Näher am quadrierten Loss.</translation>
    </message>
    <message>
        <source>Cluster</source>
        <translation>Cluster</translation>
    </message>
    <message>
        <source>Cluster job</source>
        <translation>Clusterauftrag</translation>
    </message>
    <message>
        <source>Cluster settings</source>
        <translation>Clustereinstellungen</translation>
    </message>
    <message>
        <source>Codebook average</source>
        <translation>Mittelung des Codebuchs</translation>
    </message>
    <message>
        <source>Codebook weight</source>
        <translation>Gewicht des Codebuchs</translation>
    </message>
    <message>
        <source>Column of captions</source>
        <translation>Spalte der Beschriftungen</translation>
    </message>
    <message>
        <source>Column of pictures</source>
        <translation>Spalte der Bilder</translation>
    </message>
    <message>
        <source>Comes with Atelier</source>
        <translation>Gehört zu Atelier</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>Command palette</source>
        <translation>Befehlspalette</translation>
    </message>
    <message>
        <source>Commitment weight</source>
        <translation>Bindungsgewicht</translation>
    </message>
    <message>
        <source>Communication between devices: nccl for GPUs, gloo for CPUs. Has no effect on a single device.</source>
        <translation>Verbindung zwischen Geräten: nccl für GPUs, gloo für CPUs. Ohne Wirkung bei einem einzigen Gerät.</translation>
    </message>
    <message>
        <source>Communication between devices: nccl for GPUs, gloo for CPUs. Usually ${distributed.dist_backend}.</source>
        <translation>Verbindung zwischen Geräten: nccl für GPUs, gloo für CPUs. Meist ${distributed.dist_backend}.</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
    <message numerus="yes">
        <source>Compare %n run(s)</source>
        <translation><numerusform>%n Lauf vergleichen</numerusform><numerusform>%n Läufe vergleichen</numerusform></translation>
    </message>
    <message>
        <source>Compare with the others</source>
        <translation>Mit den anderen vergleichen</translation>
    </message>
    <message>
        <source>Compared by</source>
        <translation>Verglichen nach</translation>
    </message>
    <message numerus="yes">
        <source>Comparison of %n run(s)</source>
        <translation><numerusform>Vergleich von %n Lauf</numerusform><numerusform>Vergleich von %n Läufen</numerusform></translation>
    </message>
    <message>
        <source>Comparison of runs</source>
        <translation>Vergleich von Läufen</translation>
    </message>
    <message>
        <source>Compute</source>
        <translation>Rechnen</translation>
    </message>
    <message>
        <source>Compute threads on the CPU; absent means every core. Exact repetition needs the same number.</source>
        <translation>Rechenthreads auf der CPU; ohne Angabe alle Kerne. Für genaue Wiederholung muss die Zahl gleich bleiben.</translation>
    </message>
    <message>
        <source>Condition dropout</source>
        <translation>Bedingung weglassen</translation>
    </message>
    <message>
        <source>Condition members</source>
        <translation>Endungen der Bedingungsbilder</translation>
    </message>
    <message>
        <source>Condition pictures</source>
        <translation>Bedingungsbilder</translation>
    </message>
    <message>
        <source>Conditions on the metadata of a sample, such as original_width: "&gt;=512"; a sample that fails one is skipped.</source>
        <translation>Bedingungen an die Metadaten eines Beispiels, etwa original_width: "&gt;=512"; was eine nicht erfüllt, wird übersprungen.</translation>
    </message>
    <message>
        <source>Configuration</source>
        <translation>Konfiguration</translation>
    </message>
    <message>
        <source>Configurations (*.yaml *.yml)</source>
        <translation>Konfigurationen (*.yaml *.yml)</translation>
    </message>
    <message>
        <source>Configurations (*.yaml)</source>
        <translation>Konfigurationen (*.yaml)</translation>
    </message>
    <message>
        <source>Configure</source>
        <translation>Konfigurieren</translation>
    </message>
    <message>
        <source>Constant</source>
        <translation>Konstant</translation>
    </message>
    <message>
        <source>Constructor arguments of a part that starts from scratch, under their diffusers names.</source>
        <translation>Konstruktorargumente eines Teils, der von null beginnt, unter ihren Namen in diffusers.</translation>
    </message>
    <message>
        <source>Container</source>
        <translation>Container</translation>
    </message>
    <message>
        <source>Container options</source>
        <translation>Containeroptionen</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Continue %1</source>
        <translation>%1 fortsetzen</translation>
    </message>
    <message>
        <source>Continue an existing run</source>
        <translation>Vorhandenen Lauf fortsetzen</translation>
    </message>
    <message>
        <source>Contrast at random</source>
        <translation>Kontrast zufällig</translation>
    </message>
    <message>
        <source>Contrast is multiplied by a factor drawn from 1 − this … 1 + this.</source>
        <translation>Der Kontrast wird mit einem Faktor vervielfacht, gezogen aus 1 − diesem Wert … 1 + diesem Wert.</translation>
    </message>
    <message>
        <source>Control image</source>
        <translation>Steuerbild</translation>
    </message>
    <message>
        <source>Control image of %1</source>
        <translation>Steuerbild von %1</translation>
    </message>
    <message>
        <source>Control images</source>
        <translation>Steuerbilder</translation>
    </message>
    <message>
        <source>ControlNet</source>
        <translation>ControlNet</translation>
    </message>
    <message>
        <source>Convert</source>
        <translation>Umwandeln</translation>
    </message>
    <message>
        <source>Convert %1</source>
        <translation>%1 umwandeln</translation>
    </message>
    <message>
        <source>Convert and train</source>
        <translation>Umwandeln und trainieren</translation>
    </message>
    <message>
        <source>Convert…</source>
        <translation>Umwandeln…</translation>
    </message>
    <message>
        <source>Convolutions</source>
        <translation>Faltungen</translation>
    </message>
    <message>
        <source>Convolutions and products</source>
        <translation>Faltungen und Produkte</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy all</source>
        <translation>Alles kopieren</translation>
    </message>
    <message>
        <source>Copy as Markdown</source>
        <translation>Als Markdown kopieren</translation>
    </message>
    <message>
        <source>Copy caption</source>
        <translation>Beschriftung kopieren</translation>
    </message>
    <message>
        <source>Copy command</source>
        <translation>Befehl kopieren</translation>
    </message>
    <message>
        <source>Copy key</source>
        <translation>Schlüssel kopieren</translation>
    </message>
    <message>
        <source>Copy path</source>
        <translation>Pfad kopieren</translation>
    </message>
    <message>
        <source>Copy path of the pipeline</source>
        <translation>Pfad der Pipeline kopieren</translation>
    </message>
    <message>
        <source>Copy pattern</source>
        <translation>Muster kopieren</translation>
    </message>
    <message>
        <source>Copy picture</source>
        <translation>Bild kopieren</translation>
    </message>
    <message>
        <source>Copy picture (C)</source>
        <translation>Bild kopieren (C)</translation>
    </message>
    <message>
        <source>Copy prompt and seed</source>
        <translation>Prompt und Seed kopieren</translation>
    </message>
    <message>
        <source>Copy report</source>
        <translation>Bericht kopieren</translation>
    </message>
    <message>
        <source>Copy the run to</source>
        <translation>Lauf kopieren nach</translation>
    </message>
    <message>
        <source>Copy the text</source>
        <translation>Text kopieren</translation>
    </message>
    <message>
        <source>Copy values as text</source>
        <translation>Werte als Text kopieren</translation>
    </message>
    <message>
        <source>Copying the checkpoint…</source>
        <translation>Der Checkpoint wird kopiert…</translation>
    </message>
    <message>
        <source>Cores for each process; absent: that of the cluster settings.</source>
        <translation>Kerne je Prozess; ohne Angabe wie in den Clustereinstellungen.</translation>
    </message>
    <message>
        <source>Cores for each process; absent: the cluster's default.</source>
        <translation>Kerne je Prozess; ohne Angabe: die Vorgabe des Clusters.</translation>
    </message>
    <message>
        <source>Correct it</source>
        <translation>Berichtigen</translation>
    </message>
    <message>
        <source>Cosine</source>
        <translation>Kosinus</translation>
    </message>
    <message>
        <source>Cosine with restarts</source>
        <translation>Kosinus mit Neustarts</translation>
    </message>
    <message>
        <source>Could not start</source>
        <translation>Konnte nicht starten</translation>
    </message>
    <message>
        <source>Create</source>
        <translation>Anlegen</translation>
    </message>
    <message>
        <source>Crop</source>
        <translation>Zuschnitt</translation>
    </message>
    <message>
        <source>Ctrl+,</source>
        <translation>Ctrl+,</translation>
    </message>
    <message>
        <source>Ctrl+B</source>
        <translation>Ctrl+B</translation>
    </message>
    <message>
        <source>Ctrl+H</source>
        <translation>Ctrl+H</translation>
    </message>
    <message>
        <source>Ctrl+I</source>
        <translation>Ctrl+I</translation>
    </message>
    <message>
        <source>Ctrl+K</source>
        <translation>Ctrl+K</translation>
    </message>
    <message>
        <source>Ctrl+Q</source>
        <translation>Ctrl+Q</translation>
    </message>
    <message>
        <source>Ctrl+Shift+A</source>
        <translation>Ctrl+Shift+A</translation>
    </message>
    <message>
        <source>Ctrl+Shift+O</source>
        <translation>Ctrl+Shift+O</translation>
    </message>
    <message>
        <source>Ctrl+Shift+Return</source>
        <translation>Ctrl+Shift+Return</translation>
    </message>
    <message>
        <source>Ctrl+Shift+Y</source>
        <translation>Ctrl+Shift+Y</translation>
    </message>
    <message>
        <source>Ctrl+Shift+Z</source>
        <translation>Ctrl+Shift+Z</translation>
    </message>
    <message>
        <source>Ctrl+Y</source>
        <translation>Ctrl+Y</translation>
    </message>
    <message>
        <source>Curve</source>
        <translation>Kurve</translation>
    </message>
    <message>
        <source>Curves</source>
        <translation>Kurven</translation>
    </message>
    <message numerus="yes">
        <source>Curves of %n run(s)</source>
        <translation><numerusform>Kurven von %n Lauf</numerusform><numerusform>Kurven von %n Läufen</numerusform></translation>
    </message>
    <message>
        <source>Curves, sample pictures and settings also as event files in the run's folder tensorboard.</source>
        <translation>Kurven, Beispielbilder und Einstellungen auch als Ereignisdateien im Ordner tensorboard des Laufs.</translation>
    </message>
    <message>
        <source>Curves, samples and events of this run; nothing is copied.</source>
        <translation>Kurven, Beispielbilder und Ereignisse dieses Laufs; nichts wird kopiert.</translation>
    </message>
    <message>
        <source>Curves: %1</source>
        <translation>Kurven: %1</translation>
    </message>
    <message>
        <source>Cut caption</source>
        <translation>Beschriftung gekürzt</translation>
    </message>
    <message>
        <source>Cycles</source>
        <translation>Zyklen</translation>
    </message>
    <message>
        <source>DDIM</source>
        <translation>DDIM</translation>
    </message>
    <message>
        <source>DDPM</source>
        <translation>DDPM</translation>
    </message>
    <message>
        <source>DPM++ 2M</source>
        <translation>DPM++ 2M</translation>
    </message>
    <message>
        <source>DPM++ 2M Karras</source>
        <translation>DPM++ 2M Karras</translation>
    </message>
    <message>
        <source>DPM++ 2M SDE</source>
        <translation>DPM++ 2M SDE</translation>
    </message>
    <message>
        <source>DPM++ 2M SDE Karras</source>
        <translation>DPM++ 2M SDE Karras</translation>
    </message>
    <message>
        <source>DPM++ SDE</source>
        <translation>DPM++ SDE</translation>
    </message>
    <message>
        <source>DPM++ SDE Karras</source>
        <translation>DPM++ SDE Karras</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Darker and brighter pictures; too high and colours go wrong.</source>
        <translation>Dunklere und hellere Bilder; zu hoch, und die Farben stimmen nicht mehr.</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>Data workers</source>
        <translation>Daten-Threads</translation>
    </message>
    <message>
        <source>Dataset</source>
        <translation>Datensatz</translation>
    </message>
    <message>
        <source>Datasets</source>
        <translation>Datensätze</translation>
    </message>
    <message>
        <source>Debiased estimation</source>
        <translation>Entzerrte Schätzung</translation>
    </message>
    <message>
        <source>Decided by the build option Of equal pictures: the first one only.</source>
        <translation>Bestimmt durch die Build-Option „Bei gleichen Bildern: nur das erste“.</translation>
    </message>
    <message>
        <source>Decided by the build option Pictures: only with a caption.</source>
        <translation>Bestimmt durch die Build-Option „Bilder: nur mit Beschriftung“.</translation>
    </message>
    <message>
        <source>Decided by the build option Shorter side at least.</source>
        <translation>Bestimmt durch die Build-Option „Kürzere Seite mindestens“.</translation>
    </message>
    <message>
        <source>Decided by the build option for the largest ratio of the sides.</source>
        <translation>Bestimmt durch die Build-Option für das größte Seitenverhältnis.</translation>
    </message>
    <message>
        <source>Decided by the file.</source>
        <translation>Bestimmt durch die Datei.</translation>
    </message>
    <message>
        <source>Decided by the size that is trained on, %1 px, and the picture's shape.</source>
        <translation>Bestimmt durch die Trainingsgröße, %1 px, und die Form des Bildes.</translation>
    </message>
    <message>
        <source>Decided by the text encoder, which reads %1 tokens.</source>
        <translation>Bestimmt durch den Textencoder, der %1 Tokens liest.</translation>
    </message>
    <message>
        <source>Decided by you.</source>
        <translation>Von Hand so bestimmt.</translation>
    </message>
    <message>
        <source>Decided by you: it was given a mask or control image that is not there any more.</source>
        <translation>Von Ihnen entschieden: Es bekam eine Maske oder ein Steuerbild, das nicht mehr da ist.</translation>
    </message>
    <message>
        <source>Decides data order, noise, timesteps and initial weights. The same seed gives the same run.</source>
        <translation>Bestimmt Datenreihenfolge, Rauschen, Zeitschritte und Anfangsgewichte. Derselbe Seed ergibt denselben Lauf.</translation>
    </message>
    <message>
        <source>Demonstration</source>
        <translation>Vorführung</translation>
    </message>
    <message>
        <source>Denoising steps per picture.</source>
        <translation>Entrauschungsschritte je Bild.</translation>
    </message>
    <message>
        <source>Desktop studio for training image diffusion models.</source>
        <translation>Studio zum Trainieren von Bild-Diffusionsmodellen.</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>Details (Ctrl+I)</source>
        <translation>Einzelheiten (Strg+I)</translation>
    </message>
    <message>
        <source>Details of the averaged weights.</source>
        <translation>Einzelheiten der gemittelten Gewichte.</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Device that trains: %1</source>
        <translation>Gerät, das trainiert: %1</translation>
    </message>
    <message>
        <source>Difference (D)</source>
        <translation>Unterschied (D)</translation>
    </message>
    <message>
        <source>Difference at which the loss turns from squared to absolute.</source>
        <translation>Differenz, bei der der Loss von quadriert zu absolut wechselt.</translation>
    </message>
    <message>
        <source>Differences</source>
        <translation>Unterschiede</translation>
    </message>
    <message>
        <source>Different from %1</source>
        <translation>Anders als %1</translation>
    </message>
    <message>
        <source>Discriminator begins</source>
        <translation>Diskriminator ab</translation>
    </message>
    <message>
        <source>Discriminator layers</source>
        <translation>Schichten des Diskriminators</translation>
    </message>
    <message>
        <source>Discriminator loss</source>
        <translation>Loss des Diskriminators</translation>
    </message>
    <message>
        <source>Discriminator weight</source>
        <translation>Gewicht des Diskriminators</translation>
    </message>
    <message>
        <source>Discriminator width</source>
        <translation>Breite des Diskriminators</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Divides a sample's loss by the mean of its mask, so that small masks count as much as large ones.</source>
        <translation>Teilt den Loss eines Beispiels durch den Mittelwert seiner Maske, sodass kleine Masken so viel zählen wie große.</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Done sooner; the pictures may still be rough.</source>
        <translation>Früher fertig; die Bilder sind vielleicht noch grob.</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Herunterladen</translation>
    </message>
    <message>
        <source>Download a model</source>
        <translation>Ein Modell herunterladen</translation>
    </message>
    <message>
        <source>Downloaded</source>
        <translation>Heruntergeladen</translation>
    </message>
    <message>
        <source>Downloading</source>
        <translation>Wird heruntergeladen</translation>
    </message>
    <message>
        <source>Download…</source>
        <translation>Herunterladen…</translation>
    </message>
    <message>
        <source>Draw with replacement</source>
        <translation>Mit Zurücklegen ziehen</translation>
    </message>
    <message>
        <source>Drawn at random</source>
        <translation>Zufällig gezogen</translation>
    </message>
    <message>
        <source>DreamBooth</source>
        <translation>DreamBooth</translation>
    </message>
    <message>
        <source>Drop a .safetensors file or a model folder</source>
        <translation>Eine .safetensors-Datei oder einen Modellordner hierher ziehen</translation>
    </message>
    <message>
        <source>Drop a folder of images here</source>
        <translation>Einen Ordner mit Bildern hierher ziehen</translation>
    </message>
    <message>
        <source>Drop a folder of images on the window, or add one with the button above.</source>
        <translation>Einen Ordner mit Bildern auf das Fenster ziehen oder mit der Schaltfläche oben hinzufügen.</translation>
    </message>
    <message>
        <source>Drop a folder of pictures here, or choose one</source>
        <translation>Einen Ordner mit Bildern hierher ziehen oder wählen</translation>
    </message>
    <message>
        <source>Drop anywhere</source>
        <translation>Irgendwo loslassen</translation>
    </message>
    <message>
        <source>Drop here, or anywhere else</source>
        <translation>Hier loslassen oder irgendwo sonst</translation>
    </message>
    <message>
        <source>Drop target</source>
        <translation>Ablageziel</translation>
    </message>
    <message numerus="yes">
        <source>Drop to add %n image(s) to “%1”</source>
        <translation><numerusform>Loslassen fügt %n Bild zu „%1“ hinzu</numerusform><numerusform>Loslassen fügt %n Bilder zu „%1“ hinzu</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>Drop to attach %n caption(s)</source>
        <translation><numerusform>Loslassen ordnet %n Beschriftung zu</numerusform><numerusform>Loslassen ordnet %n Beschriftungen zu</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>Drop to make a dataset of %n image(s)</source>
        <translation><numerusform>Loslassen macht einen Datensatz aus %n Bild</numerusform><numerusform>Loslassen macht einen Datensatz aus %n Bildern</numerusform></translation>
    </message>
    <message>
        <source>Drop to pair control images with the images of “%1”</source>
        <translation>Loslassen, um Steuerbilder den Bildern von „%1“ zuzuordnen</translation>
    </message>
    <message>
        <source>Drop to pair masks with the images of “%1”</source>
        <translation>Loslassen, um Masken den Bildern von „%1“ zuzuordnen</translation>
    </message>
    <message>
        <source>Dropped</source>
        <translation>Ausgelassen</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>Duplizieren</translation>
    </message>
    <message>
        <source>Duplicates</source>
        <translation>Doppelte</translation>
    </message>
    <message>
        <source>EMA</source>
        <translation>EMA</translation>
    </message>
    <message>
        <source>EMA begins after</source>
        <translation>EMA beginnt nach</translation>
    </message>
    <message>
        <source>EMA decay</source>
        <translation>EMA-Abfall</translation>
    </message>
    <message>
        <source>EMA every</source>
        <translation>EMA alle</translation>
    </message>
    <message>
        <source>EMA warm-up</source>
        <translation>EMA-Warm-up</translation>
    </message>
    <message>
        <source>Each applies at once.</source>
        <translation>Alles gilt sofort.</translation>
    </message>
    <message>
        <source>Each new word and the words that it starts from, such as "&lt;toy&gt;": toy cat. Only the vectors of the new words are learned. With method lora they are learned beside the adapter (pivotal tuning).</source>
        <translation>Jedes neue Wort und die Wörter, von denen es ausgeht, etwa "&lt;toy&gt;": toy cat. Gelernt werden nur die Vektoren der neuen Wörter. Mit der Methode lora werden sie neben dem Adapter gelernt (Pivotal Tuning).</translation>
    </message>
    <message>
        <source>Each sample is drawn from all of them, as open-diffusion draws shards, instead of passes that show every sample once.</source>
        <translation>Jedes Beispiel wird aus allen gezogen, wie open-diffusion Shards zieht, statt in Durchgängen, die jedes Beispiel einmal zeigen.</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>Früher</translation>
    </message>
    <message>
        <source>Earlier in the queue</source>
        <translation>In der Warteschlange nach vorn</translation>
    </message>
    <message>
        <source>Early on the decay is limited to (1 + n) / (10 + n) at step n, so the average forgets the start.</source>
        <translation>Anfangs ist der Abfall auf (1 + n) / (10 + n) bei Schritt n begrenzt, damit das Mittel den Anfang vergisst.</translation>
    </message>
    <message>
        <source>Edges of the picture (Canny)</source>
        <translation>Kanten des Bildes (Canny)</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Bearbeiten</translation>
    </message>
    <message>
        <source>Edit caption</source>
        <translation>Beschriftung bearbeiten</translation>
    </message>
    <message>
        <source>Edit captions</source>
        <translation>Beschriftungen bearbeiten</translation>
    </message>
    <message>
        <source>Edit captions of the selection…</source>
        <translation>Beschriftungen der Auswahl bearbeiten…</translation>
    </message>
    <message>
        <source>Edit captions…</source>
        <translation>Beschriftungen bearbeiten…</translation>
    </message>
    <message>
        <source>Edit in the YAML</source>
        <translation>Im YAML</translation>
    </message>
    <message>
        <source>Encode every time</source>
        <translation>Jedes Mal kodieren</translation>
    </message>
    <message>
        <source>Encodes every picture once and keeps the latents, instead of at every visit: in memory for this run, or on disk for later and other runs, too.</source>
        <translation>Kodiert jedes Bild einmal und behält die Latents, statt bei jedem Besuch: im Speicher für diesen Lauf oder auf der Platte auch für spätere und andere Läufe.</translation>
    </message>
    <message>
        <source>Encoding the pictures once</source>
        <translation>Die Bilder werden einmal kodiert</translation>
    </message>
    <message>
        <source>Ended at step %1. %2</source>
        <translation>Endete bei Schritt %1. %2</translation>
    </message>
    <message>
        <source>Ended by an error at step %1</source>
        <translation>Endete mit einem Fehler bei Schritt %1</translation>
    </message>
    <message>
        <source>Endings of the mask within a sample; the first that is there wins. It is scaled, cropped and flipped as the picture is.</source>
        <translation>Endungen der Maske innerhalb eines Beispiels; die erste vorhandene gilt. Sie wird skaliert, zugeschnitten und gespiegelt wie das Bild.</translation>
    </message>
    <message>
        <source>Endings of the second picture within a sample; the first that is there wins. It is scaled, cropped and flipped as the picture is.</source>
        <translation>Endungen des zweiten Bildes innerhalb eines Beispiels; die erste vorhandene gilt. Es wird skaliert, zugeschnitten und gespiegelt wie das Bild.</translation>
    </message>
    <message>
        <source>Ends of the module paths in the UNet that get an adapter, as PEFT's target_modules; linear layers and convolutions. With model.train_text_encoder its attention gets adapters, too.</source>
        <translation>Enden der Modulpfade im UNet, die einen Adapter bekommen, wie target_modules in PEFT; lineare Schichten und Faltungen. Mit model.train_text_encoder bekommt auch dessen Attention Adapter.</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>Engine</translation>
    </message>
    <message>
        <source>Engine %1 expected, %2 found at %3. Training and building are off. Choose another one in Settings.</source>
        <translation>Engine %1 erwartet, %2 gefunden unter %3. Training und Build sind aus. In den Einstellungen eine andere wählen.</translation>
    </message>
    <message>
        <source>Engine %1 ready</source>
        <translation>Engine %1 bereit</translation>
    </message>
    <message>
        <source>Engine not ready</source>
        <translation>Engine nicht bereit</translation>
    </message>
    <message>
        <source>Environment</source>
        <translation>Umgebung</translation>
    </message>
    <message>
        <source>Epsilon</source>
        <translation>Epsilon</translation>
    </message>
    <message>
        <source>Equal pictures are all kept.</source>
        <translation>Gleiche Bilder bleiben alle.</translation>
    </message>
    <message>
        <source>Essentials</source>
        <translation>Wesentliches</translation>
    </message>
    <message>
        <source>Euler</source>
        <translation>Euler</translation>
    </message>
    <message>
        <source>Euler ancestral</source>
        <translation>Euler mit Rauschen (ancestral)</translation>
    </message>
    <message>
        <source>Evaluation captions</source>
        <translation>Beschriftungen zur Auswertung</translation>
    </message>
    <message>
        <source>Evaluation pictures</source>
        <translation>Bilder zur Auswertung</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>Ereignisse</translation>
    </message>
    <message>
        <source>Events of the kind “%1” are not known to this version</source>
        <translation>Ereignisse der Art „%1“ kennt diese Version nicht</translation>
    </message>
    <message>
        <source>Events or log</source>
        <translation>Ereignisse oder Protokoll</translation>
    </message>
    <message>
        <source>Events, newest first</source>
        <translation>Ereignisse, neueste zuerst</translation>
    </message>
    <message>
        <source>Every picture shown has a caption.</source>
        <translation>Jedes gezeigte Bild hat eine Beschriftung.</translation>
    </message>
    <message>
        <source>Every shard is read back and compared before the version counts. Originals stay untouched.</source>
        <translation>Jeder Shard wird zurückgelesen und verglichen, bevor die Version zählt. Originale bleiben unberührt.</translation>
    </message>
    <message>
        <source>Everything stays on this computer. Nothing is sent or downloaded unless you ask for it.</source>
        <translation>Alles bleibt auf diesem Rechner. Nichts wird gesendet oder heruntergeladen, ohne dass es verlangt wird.</translation>
    </message>
    <message>
        <source>Exclude</source>
        <translation>Auslassen</translation>
    </message>
    <message>
        <source>Exclude it</source>
        <translation>Auslassen</translation>
    </message>
    <message>
        <source>Excluded</source>
        <translation>Ausgeschlossen</translation>
    </message>
    <message>
        <source>Expert</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>Expert %1</source>
        <translation>Alle %1</translation>
    </message>
    <message>
        <source>Explanation</source>
        <translation>Erklärung</translation>
    </message>
    <message>
        <source>Exponent of the falling share; 1 is a straight line.</source>
        <translation>Exponent des fallenden Anteils; 1 ist eine Gerade.</translation>
    </message>
    <message>
        <source>Exponential</source>
        <translation>Exponentiell</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Export %1</source>
        <translation>%1 exportieren</translation>
    </message>
    <message>
        <source>Export CSV</source>
        <translation>Als CSV</translation>
    </message>
    <message>
        <source>Exported to %1.</source>
        <translation>Nach %1 exportiert.</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren…</translation>
    </message>
    <message>
        <source>Extra noise in the network's input that it is not asked to find; 0 is off.</source>
        <translation>Zusätzliches Rauschen in der Eingabe des Netzes, das es nicht finden soll; 0 ist aus.</translation>
    </message>
    <message>
        <source>Extract</source>
        <translation>Herauslösen</translation>
    </message>
    <message>
        <source>Extract LoRA…</source>
        <translation>LoRA herauslösen…</translation>
    </message>
    <message>
        <source>Extract a LoRA…</source>
        <translation>Ein LoRA herauslösen…</translation>
    </message>
    <message>
        <source>F8 next</source>
        <translation>F8 weiter</translation>
    </message>
    <message>
        <source>Factor of d</source>
        <translation>Faktor von d</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Gescheitert</translation>
    </message>
    <message>
        <source>Falls sooner.</source>
        <translation>Fällt früher.</translation>
    </message>
    <message>
        <source>Faster and smaller.</source>
        <translation>Schneller und kleiner.</translation>
    </message>
    <message>
        <source>Faster steps, a smaller effective batch.</source>
        <translation>Schnellere Schritte, kleinerer effektiver Batch.</translation>
    </message>
    <message>
        <source>Faster steps; memory or disk per caption, more than its picture's latents take.</source>
        <translation>Schnellere Schritte; Speicher oder Platte je Beschriftung, mehr als die Latents ihres Bildes brauchen.</translation>
    </message>
    <message>
        <source>Faster, rougher.</source>
        <translation>Schneller, gröber.</translation>
    </message>
    <message>
        <source>Features that nodes must have, as sbatch --constraint takes them.</source>
        <translation>Merkmale, die Knoten haben müssen, wie sbatch --constraint sie nimmt.</translation>
    </message>
    <message>
        <source>Fetching the first shards</source>
        <translation>Die ersten Shards werden geholt</translation>
    </message>
    <message>
        <source>Fewer edges.</source>
        <translation>Weniger Kanten.</translation>
    </message>
    <message>
        <source>Fewer large errors, softer pictures.</source>
        <translation>Weniger große Fehler, weichere Bilder.</translation>
    </message>
    <message>
        <source>Fewer pauses.</source>
        <translation>Weniger Pausen.</translation>
    </message>
    <message>
        <source>Fewer requests.</source>
        <translation>Weniger Anfragen.</translation>
    </message>
    <message>
        <source>Fewer sizes with more pictures each; more is cut off.</source>
        <translation>Weniger Größen mit je mehr Bildern; mehr wird abgeschnitten.</translation>
    </message>
    <message>
        <source>Fewer weak edges.</source>
        <translation>Weniger schwache Kanten.</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Files go in as they are. Only those that need it (turned, CMYK, colour profile, 16 bit) are written anew, each with its reason.</source>
        <translation>Dateien gehen hinein, wie sie sind. Nur was es nötig hat (gedreht, CMYK, Farbprofil, 16 Bit), wird neu geschrieben, jeweils mit Grund.</translation>
    </message>
    <message>
        <source>Files stay where they are. Nothing is copied until you build.</source>
        <translation>Dateien bleiben, wo sie sind. Bis zum Build wird nichts kopiert.</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>Filter:  fox  tag:sticker  missing:caption</source>
        <translation>Filter:  fox  tag:sticker  missing:caption</translation>
    </message>
    <message>
        <source>Filters</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>Find</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Find and replace</source>
        <translation>Suchen und ersetzen</translation>
    </message>
    <message>
        <source>Find by name, family, precision or path.</source>
        <translation>Suche nach Name, Familie, Genauigkeit oder Pfad.</translation>
    </message>
    <message>
        <source>Find by name, method, place, or a setting: learning_rate:&lt;1e-4</source>
        <translation>Suche nach Name, Methode, Ort oder Einstellung: learning_rate:&lt;1e-4</translation>
    </message>
    <message>
        <source>Find in audit</source>
        <translation>Im Audit suchen</translation>
    </message>
    <message>
        <source>Find model</source>
        <translation>Modell suchen</translation>
    </message>
    <message>
        <source>Find run</source>
        <translation>Lauf suchen</translation>
    </message>
    <message>
        <source>Find setting</source>
        <translation>Einstellung suchen</translation>
    </message>
    <message>
        <source>Find template</source>
        <translation>Vorlage suchen</translation>
    </message>
    <message>
        <source>Find tensor</source>
        <translation>Tensor suchen</translation>
    </message>
    <message>
        <source>Fine-tune</source>
        <translation>Fine-Tuning</translation>
    </message>
    <message>
        <source>Fine-tune a model</source>
        <translation>Ein Modell feinabstimmen</translation>
    </message>
    <message>
        <source>Fine-tunes the bundled tiny pipeline at 64 pixels; a CPU shows new pictures within minutes.</source>
        <translation>Stimmt die mitgelieferte winzige Pipeline bei 64 Pixeln fein ab; eine CPU zeigt in wenigen Minuten neue Bilder.</translation>
    </message>
    <message>
        <source>Finer curves.</source>
        <translation>Feinere Kurven.</translation>
    </message>
    <message>
        <source>Finer detail; memory and time grow with the square.</source>
        <translation>Feinere Einzelheiten; Speicher und Zeit wachsen quadratisch.</translation>
    </message>
    <message>
        <source>Finish the step, write a checkpoint, end. Nothing is lost.</source>
        <translation>Den Schritt beenden, einen Checkpoint schreiben, aufhören. Nichts geht verloren.</translation>
    </message>
    <message>
        <source>Finish uploads within</source>
        <translation>Uploads abschließen in</translation>
    </message>
    <message>
        <source>Finished</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Finished at step %1</source>
        <translation>Fertig bei Schritt %1</translation>
    </message>
    <message>
        <source>First d</source>
        <translation>Erstes d</translation>
    </message>
    <message>
        <source>First line</source>
        <translation>Erste Zeile</translation>
    </message>
    <message>
        <source>First timestep</source>
        <translation>Erster Zeitschritt</translation>
    </message>
    <message>
        <source>Fits more freely.</source>
        <translation>Passt sich freier an.</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Folder for the result</source>
        <translation>Ordner für das Ergebnis</translation>
    </message>
    <message>
        <source>Folder of captions</source>
        <translation>Ordner der Beschriftungen</translation>
    </message>
    <message>
        <source>Folder of class pictures</source>
        <translation>Ordner der Klassenbilder</translation>
    </message>
    <message>
        <source>Folder of masks</source>
        <translation>Ordner der Masken</translation>
    </message>
    <message>
        <source>Folder of pictures</source>
        <translation>Ordner der Bilder</translation>
    </message>
    <message>
        <source>Folder that holds the run folders: the run is written to &lt;log folder&gt;/&lt;name&gt;. With s3://bucket/folder it is written to a folder of the user's cache, everything goes to the bucket while it runs, and a machine that has nothing of it goes on from there.</source>
        <translation>Ordner mit den Laufordnern: Der Lauf liegt unter &lt;Protokollordner&gt;/&lt;Name&gt;. Mit s3://bucket/ordner wird er in einen Ordner im Cache des Benutzers geschrieben, alles geht währenddessen in den Bucket, und ein Rechner, der nichts davon hat, macht von dort weiter.</translation>
    </message>
    <message>
        <source>Folder to export into</source>
        <translation>Ordner für den Export</translation>
    </message>
    <message>
        <source>Follows faster; averages less.</source>
        <translation>Folgt schneller; mittelt weniger.</translation>
    </message>
    <message>
        <source>Follows the desktop, or stays as you choose.</source>
        <translation>Folgt dem Desktop oder bleibt, wie gewählt.</translation>
    </message>
    <message>
        <source>For images of the same name: what steers a ControlNet</source>
        <translation>Für gleichnamige Bilder: was ein ControlNet steuert</translation>
    </message>
    <message>
        <source>For images of the same name: white is trained</source>
        <translation>Für gleichnamige Bilder: Weiß wird trainiert</translation>
    </message>
    <message>
        <source>For shards from elsewhere that do not fit on this disk: so many are mixed with each other, the next ones arrive meanwhile, and those that are done are removed. Absent: all are fetched before the training.</source>
        <translation>Für Shards von anderswo, die nicht auf diese Platte passen: so viele werden miteinander gemischt, die nächsten kommen derweil an, und erledigte werden entfernt. Ohne Angabe: alle werden vor dem Training geholt.</translation>
    </message>
    <message>
        <source>Force stop</source>
        <translation>Abbruch erzwingen</translation>
    </message>
    <message>
        <source>Forecast</source>
        <translation>Vorhersage</translation>
    </message>
    <message>
        <source>Forget window size and pane widths.</source>
        <translation>Fenstergröße und Spaltenbreiten vergessen.</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Forward</source>
        <translation>Vor</translation>
    </message>
    <message>
        <source>Forward passes per optimizer step; the effective batch is batch size × accumulation × devices.</source>
        <translation>Vorwärtsdurchläufe je Optimizer-Schritt; der effektive Batch ist Batchgröße × Akkumulation × Geräte.</translation>
    </message>
    <message>
        <source>Free text kept with the run.</source>
        <translation>Freier Text, der beim Lauf bleibt.</translation>
    </message>
    <message>
        <source>Freer and softer.</source>
        <translation>Freier und weicher.</translation>
    </message>
    <message>
        <source>Fresher curves there.</source>
        <translation>Frischere Kurven dort.</translation>
    </message>
    <message>
        <source>From a run</source>
        <translation>Aus einem Lauf</translation>
    </message>
    <message>
        <source>From file name</source>
        <translation>Aus dem Dateinamen</translation>
    </message>
    <message>
        <source>From pipeline</source>
        <translation>Aus Pipeline</translation>
    </message>
    <message>
        <source>From scratch</source>
        <translation>Von null</translation>
    </message>
    <message>
        <source>Full rate at once; early steps may be rough.</source>
        <translation>Sofort die volle Rate; die ersten Schritte können holprig sein.</translation>
    </message>
    <message>
        <source>GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>GPU %1</source>
        <translation>GPU %1</translation>
    </message>
    <message>
        <source>GPU %1 %</source>
        <translation>GPU %1 %</translation>
    </message>
    <message>
        <source>GPU type</source>
        <translation>GPU-Typ</translation>
    </message>
    <message>
        <source>GPU, drag to reorder</source>
        <translation>GPU, zum Umordnen ziehen</translation>
    </message>
    <message>
        <source>GPUs per node</source>
        <translation>GPUs je Knoten</translation>
    </message>
    <message>
        <source>Gentler start; fewer steps at the full rate.</source>
        <translation>Sanfterer Anfang; weniger Schritte mit voller Rate.</translation>
    </message>
    <message>
        <source>Give this user the right to read it, or open runs one by one.</source>
        <translation>Diesem Benutzer Leserecht geben oder Läufe einzeln öffnen.</translation>
    </message>
    <message>
        <source>Gives the compute free; memory stays taken</source>
        <translation>Gibt die Rechenleistung frei; Speicher bleibt belegt</translation>
    </message>
    <message>
        <source>Go</source>
        <translation>Gehe zu</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Go on computing</source>
        <translation>Weiterrechnen</translation>
    </message>
    <message>
        <source>Go on with queue</source>
        <translation>Warteschlange fortsetzen</translation>
    </message>
    <message>
        <source>Gradient</source>
        <translation>Gradient</translation>
    </message>
    <message>
        <source>Gradient accumulation</source>
        <translation>Gradienten-Akkumulation</translation>
    </message>
    <message>
        <source>Gradient checkpointing</source>
        <translation>Gradient-Checkpointing</translation>
    </message>
    <message>
        <source>Gradient clipping</source>
        <translation>Gradientenbegrenzung</translation>
    </message>
    <message>
        <source>Gradients</source>
        <translation>Gradienten</translation>
    </message>
    <message>
        <source>Gradients above it begin an edge, which goes on down to the lower one.</source>
        <translation>Gradienten darüber beginnen eine Kante, die bis zum unteren Wert weitergeht.</translation>
    </message>
    <message>
        <source>Gradients below it are no edge (Canny 1986; OpenCV's scale).</source>
        <translation>Gradienten darunter sind keine Kante (Canny 1986; Skala von OpenCV).</translation>
    </message>
    <message>
        <source>Guidance</source>
        <translation>Guidance</translation>
    </message>
    <message>
        <source>Guidance works better; captions are learned more slowly.</source>
        <translation>Guidance wirkt besser; Beschriftungen werden langsamer gelernt.</translation>
    </message>
    <message>
        <source>Half of the samples are mirrored left to right.</source>
        <translation>Die Hälfte der Beispiele wird links-rechts gespiegelt.</translation>
    </message>
    <message>
        <source>Has no effect here: only with %1.</source>
        <translation>Ohne Wirkung hier: nur mit %1.</translation>
    </message>
    <message>
        <source>Held back for validation</source>
        <translation>Für die Validierung zurückgehalten</translation>
    </message>
    <message>
        <source>Heun</source>
        <translation>Heun</translation>
    </message>
    <message>
        <source>High ranks learn as fast as low ones at the same learning rate.</source>
        <translation>Hohe Ränge lernen bei gleicher Lernrate so schnell wie niedrige.</translation>
    </message>
    <message>
        <source>Higher:</source>
        <translation>Höher:</translation>
    </message>
    <message>
        <source>Hinge</source>
        <translation>Hinge</translation>
    </message>
    <message>
        <source>Horizontal axis</source>
        <translation>Waagerechte Achse</translation>
    </message>
    <message>
        <source>How delta changes with the amount of noise.</source>
        <translation>Wie sich delta mit der Menge des Rauschens ändert.</translation>
    </message>
    <message>
        <source>How it was made (I)</source>
        <translation>Wie es entstand (I)</translation>
    </message>
    <message>
        <source>How many kinds of things the mask of each sample tells apart: its grey values 1 to this; 0 is the rest. 0: no mask is read.</source>
        <translation>Wie viele Arten von Dingen die Maske jedes Beispiels unterscheidet: ihre Grauwerte 1 bis zu dieser Zahl; 0 ist der Rest. 0: keine Maske wird gelesen.</translation>
    </message>
    <message>
        <source>How many of the held back samples are used at most.</source>
        <translation>Wie viele der zurückgehaltenen Beispiele höchstens genommen werden.</translation>
    </message>
    <message>
        <source>How many pictures of the class. Absent: 200 for each picture of the subject.</source>
        <translation>Wie viele Bilder der Klasse. Ohne Angabe: 200 je Bild des Motivs.</translation>
    </message>
    <message>
        <source>How many pictures of the class; what a folder of one's own lacks is made. Absent: all of one's own, else 200 for each picture of the subject.</source>
        <translation>Wie viele Bilder der Klasse; was einem eigenen Ordner fehlt, wird erzeugt. Ohne Angabe: alle eigenen, sonst 200 je Bild des Motivs.</translation>
    </message>
    <message>
        <source>How many vectors a new word stands for, each as much as one word of a prompt. Absent: as many as the words it starts from.</source>
        <translation>Für wie viele Vektoren ein neues Wort steht, jeder so viel wie ein Wort eines Prompts. Ohne Angabe: so viele wie die Wörter, von denen es ausgeht.</translation>
    </message>
    <message>
        <source>How much samples count by the amount of noise that was added.</source>
        <translation>Wie viel Beispiele je nach Menge des Rauschens zählen.</translation>
    </message>
    <message>
        <source>How much what a mask leaves out counts beside what it shows.</source>
        <translation>Wie viel das zählt, was eine Maske ausspart, neben dem, was sie zeigt.</translation>
    </message>
    <message>
        <source>How noise is added while training.</source>
        <translation>Wie im Training Rauschen hinzukommt.</translation>
    </message>
    <message>
        <source>How often each of these pictures comes in one pass over the data; multiplies the numbers of kohya's folders.</source>
        <translation>Wie oft jedes dieser Bilder in einem Durchgang durch die Daten vorkommt; vervielfacht die Zahlen von kohyas Ordnern.</translation>
    </message>
    <message>
        <source>How often the cosine starts again at the peak.</source>
        <translation>Wie oft der Kosinus wieder beim Höchstwert beginnt.</translation>
    </message>
    <message>
        <source>How often the discriminator halves the picture.</source>
        <translation>Wie oft der Diskriminator das Bild halbiert.</translation>
    </message>
    <message>
        <source>How pictures and reconstructions are told apart.</source>
        <translation>Wie Bilder und Rekonstruktionen unterschieden werden.</translation>
    </message>
    <message>
        <source>How prediction and target are compared: squared, absolute, or squared for small and absolute for large differences.</source>
        <translation>Wie Vorhersage und Ziel verglichen werden: quadriert, absolut, oder quadriert für kleine und absolut für große Differenzen.</translation>
    </message>
    <message>
        <source>How slowly the averaged weights follow: 0.999 averages over about 1000 steps.</source>
        <translation>Wie langsam die gemittelten Gewichte folgen: 0.999 mittelt über etwa 1000 Schritte.</translation>
    </message>
    <message>
        <source>How strongly the prompt is followed; 1 means no guidance.</source>
        <translation>Wie streng dem Prompt gefolgt wird; 1 heißt keine Guidance.</translation>
    </message>
    <message>
        <source>How the data is stored.</source>
        <translation>Wie die Daten gespeichert sind.</translation>
    </message>
    <message>
        <source>How the learning rate changes over the run.</source>
        <translation>Wie sich die Lernrate über den Lauf ändert.</translation>
    </message>
    <message>
        <source>How the learning rate goes on after warm-up: constant, or falling along a cosine, a line, a power or 1/√step. OneCycle rises and falls along cosines.</source>
        <translation>Wie es nach dem Warm-up mit der Lernrate weitergeht: konstant, oder fallend entlang eines Kosinus, einer Geraden, einer Potenz oder 1/√Schritt. OneCycle steigt und fällt entlang von Kosinus-Bögen.</translation>
    </message>
    <message>
        <source>How the processes of a run find each other. Usually ${distributed.dist_url}.</source>
        <translation>Wie die Prozesse eines Laufs einander finden. Meist ${distributed.dist_url}.</translation>
    </message>
    <message>
        <source>How the processes of a run talk to each other.</source>
        <translation>Wie die Prozesse eines Laufs miteinander reden.</translation>
    </message>
    <message>
        <source>How weights move.</source>
        <translation>Wie sich Gewichte bewegen.</translation>
    </message>
    <message>
        <source>Huber</source>
        <translation>Huber</translation>
    </message>
    <message>
        <source>Huber delta</source>
        <translation>Huber-Delta</translation>
    </message>
    <message>
        <source>Huber schedule</source>
        <translation>Huber-Verlauf</translation>
    </message>
    <message>
        <source>Hue at random</source>
        <translation>Farbton zufällig</translation>
    </message>
    <message>
        <source>Identity of the run there; kept when it is continued.</source>
        <translation>Kennung des Laufs dort; bleibt, wenn er fortgesetzt wird.</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Images per device in one forward pass.</source>
        <translation>Bilder je Gerät in einem Vorwärtsdurchlauf.</translation>
    </message>
    <message>
        <source>Images to train on</source>
        <translation>Zu trainierende Bilder</translation>
    </message>
    <message>
        <source>In another precision, of one variant, out of pickles; the rest comes along.</source>
        <translation>In anderer Genauigkeit, in einer Variante, aus Pickles heraus; der Rest kommt mit.</translation>
    </message>
    <message>
        <source>In another precision, without the averages beside the weights.</source>
        <translation>In anderer Genauigkeit, ohne die Mittelwerte neben den Gewichten.</translation>
    </message>
    <message>
        <source>In the project</source>
        <translation>Im Projekt</translation>
    </message>
    <message>
        <source>Include</source>
        <translation>Aufnehmen</translation>
    </message>
    <message>
        <source>Include it</source>
        <translation>Aufnehmen</translation>
    </message>
    <message>
        <source>Inpainting</source>
        <translation>Inpainting</translation>
    </message>
    <message>
        <source>Input perturbation</source>
        <translation>Störung der Eingabe</translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation>Inspektor</translation>
    </message>
    <message>
        <source>Into the cache that Hugging Face's tools share; what came is kept when it is stopped</source>
        <translation>In den Cache, den sich die Werkzeuge von Hugging Face teilen; beim Anhalten bleibt, was schon da ist</translation>
    </message>
    <message>
        <source>Inverse square root</source>
        <translation>Inverse Wurzel</translation>
    </message>
    <message>
        <source>Issues</source>
        <translation>Probleme</translation>
    </message>
    <message>
        <source>It cannot be read.</source>
        <translation>Es ist nicht lesbar.</translation>
    </message>
    <message>
        <source>It does not fit into the memory of this device.</source>
        <translation>Es passt nicht in den Speicher dieses Geräts.</translation>
    </message>
    <message>
        <source>It is at work. Stop it to continue it from here, or begin a new run beside it.</source>
        <translation>Er arbeitet noch. Anhalten, um ihn von hier fortzusetzen, oder daneben einen neuen Lauf beginnen.</translation>
    </message>
    <message>
        <source>It is no longer there: %1. What is shown is what was read before.</source>
        <translation>Er ist nicht mehr da: %1. Gezeigt wird, was vorher gelesen wurde.</translation>
    </message>
    <message>
        <source>It is not known yet what this is.</source>
        <translation>Was das ist, ist noch nicht bekannt.</translation>
    </message>
    <message>
        <source>It is not on this computer. Save the file first, then drop it here.</source>
        <translation>Es liegt nicht auf diesem Rechner. Die Datei erst speichern, dann hierher ziehen.</translation>
    </message>
    <message>
        <source>It is started when its device is free, with or without this window.</source>
        <translation>Er wird gestartet, wenn sein Gerät frei ist, mit oder ohne dieses Fenster.</translation>
    </message>
    <message>
        <source>It takes a LoRA.</source>
        <translation>Ein LoRA ist möglich.</translation>
    </message>
    <message>
        <source>It takes a pipeline folder: convert it first.</source>
        <translation>Ein Pipeline-Ordner ist nötig: zuerst umwandeln.</translation>
    </message>
    <message>
        <source>It takes a whole model.</source>
        <translation>Ein ganzes Modell ist nötig.</translation>
    </message>
    <message>
        <source>It was not heard from for a while; its engine may still be at work elsewhere.</source>
        <translation>Seit einer Weile war nichts zu hören; die Engine arbeitet vielleicht anderswo noch.</translation>
    </message>
    <message>
        <source>Its checkpoints do not fit on the disk of the run folder.</source>
        <translation>Die Checkpoints passen nicht auf die Platte des Laufordners.</translation>
    </message>
    <message>
        <source>Its checkpoints, samples and curves go along. Until the trash is emptied they can be put back.</source>
        <translation>Checkpoints, Beispielbilder und Kurven gehen mit. Bis der Papierkorb geleert wird, lassen sie sich zurückholen.</translation>
    </message>
    <message>
        <source>Its device is taken; it is started when that is free, with or without this window.</source>
        <translation>Das Gerät ist belegt; der Start folgt, wenn es frei ist, mit oder ohne dieses Fenster.</translation>
    </message>
    <message>
        <source>Its light and dark shapes</source>
        <translation>Seine hellen und dunklen Formen</translation>
    </message>
    <message>
        <source>Its log: %1</source>
        <translation>Das Protokoll: %1</translation>
    </message>
    <message>
        <source>Its process may be gone, or it is very busy. What is shown is the last that was heard.</source>
        <translation>Der Prozess ist vielleicht weg oder sehr beschäftigt. Gezeigt wird, was zuletzt zu hören war.</translation>
    </message>
    <message>
        <source>JSON file or map from class to prompt: the prompt of a sample's class (.cls in shards, the columns cls, label or class, a folder's name) is its caption.</source>
        <translation>JSON-Datei oder Abbildung von Klasse auf Prompt: Der Prompt der Klasse eines Beispiels (.cls in Shards, die Spalten cls, label oder class, der Name eines Ordners) ist seine Beschriftung.</translation>
    </message>
    <message>
        <source>Job</source>
        <translation>Auftrag</translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation>Aufträge</translation>
    </message>
    <message>
        <source>Judges larger patches; needs larger pictures.</source>
        <translation>Beurteilt größere Ausschnitte; braucht größere Bilder.</translation>
    </message>
    <message>
        <source>KL weight</source>
        <translation>KL-Gewicht</translation>
    </message>
    <message>
        <source>Keep all equal pictures</source>
        <translation>Alle gleichen Bilder behalten</translation>
    </message>
    <message>
        <source>Keep bytes</source>
        <translation>Bytes behalten</translation>
    </message>
    <message>
        <source>Keep in memory</source>
        <translation>Im Speicher halten</translation>
    </message>
    <message>
        <source>Keep on disk</source>
        <translation>Auf der Platte halten</translation>
    </message>
    <message>
        <source>Keep only the newest checkpoint</source>
        <translation>Nur den neuesten Checkpoint behalten</translation>
    </message>
    <message>
        <source>Keep pictures without caption</source>
        <translation>Bilder ohne Beschriftung behalten</translation>
    </message>
    <message>
        <source>Keep the last</source>
        <translation>Die letzten behalten</translation>
    </message>
    <message>
        <source>Keep the vectors' length</source>
        <translation>Länge der Vektoren halten</translation>
    </message>
    <message>
        <source>Keeps a fast device fed; more memory and CPU.</source>
        <translation>Hält ein schnelles Gerät beschäftigt; mehr Speicher und CPU.</translation>
    </message>
    <message>
        <source>Keeps a running average of the weights; samples and saved pipelines use it.</source>
        <translation>Führt ein laufendes Mittel der Gewichte; Beispielbilder und gespeicherte Pipelines nehmen es.</translation>
    </message>
    <message>
        <source>Keeps a warm-up of the learning rate from inflating what Prodigy finds.</source>
        <translation>Verhindert, dass ein Warm-up der Lernrate aufbläht, was Prodigy findet.</translation>
    </message>
    <message>
        <source>Keeps learning until the end.</source>
        <translation>Lernt bis zum Ende weiter.</translation>
    </message>
    <message>
        <source>Keeps more of what the text encoder knew; half of the UNet's is usual.</source>
        <translation>Bewahrt mehr von dem, was der Textencoder konnte; üblich ist die Hälfte der Rate des UNet.</translation>
    </message>
    <message>
        <source>Keeps the class better; the subject is learned more slowly.</source>
        <translation>Bewahrt die Klasse besser; das Motiv wird langsamer gelernt.</translation>
    </message>
    <message>
        <source>Keeps the step finite where gradients vanish.</source>
        <translation>Hält den Schritt endlich, wo Gradienten verschwinden.</translation>
    </message>
    <message>
        <source>Keeps what the text encoders make of a caption, instead of encoding it at every visit; for runs that train no text encoder and captions that are not drawn anew.</source>
        <translation>Behält, was die Textencoder aus einer Beschriftung machen, statt sie bei jedem Besuch zu kodieren; für Läufe, die keinen Textencoder trainieren, und Beschriftungen, die nicht neu gezogen werden.</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>Key of a Weights &amp; Biases account. Better given as the environment variable WANDB_API_KEY, which comes first, or in ~/.netrc; never written to a run folder.</source>
        <translation>Schlüssel eines Kontos bei Weights &amp; Biases. Besser als Umgebungsvariable WANDB_API_KEY, die Vorrang hat, oder in ~/.netrc; er wird nie in einen Laufordner geschrieben.</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>L1 weight</source>
        <translation>L1-Gewicht</translation>
    </message>
    <message>
        <source>LCM</source>
        <translation>LCM</translation>
    </message>
    <message>
        <source>LMS</source>
        <translation>LMS</translation>
    </message>
    <message>
        <source>LPIPS file</source>
        <translation>LPIPS-Datei</translation>
    </message>
    <message>
        <source>LPIPS weight</source>
        <translation>LPIPS-Gewicht</translation>
    </message>
    <message>
        <source>Labels of the mask</source>
        <translation>Klassen der Maske</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Large shapes and brightness change faster.</source>
        <translation>Große Formen und Helligkeit ändern sich schneller.</translation>
    </message>
    <message>
        <source>Large view</source>
        <translation>Große Ansicht</translation>
    </message>
    <message>
        <source>Large view of %1</source>
        <translation>Große Ansicht von %1</translation>
    </message>
    <message>
        <source>Largest</source>
        <translation>Größter</translation>
    </message>
    <message>
        <source>Largest timestep that is trained on; absent: the last of the schedule.</source>
        <translation>Größter Zeitschritt, der trainiert wird; ohne Angabe: der letzte des Zeitplans.</translation>
    </message>
    <message>
        <source>Last checkpoint</source>
        <translation>Letzter Checkpoint</translation>
    </message>
    <message>
        <source>Last events, newest first:</source>
        <translation>Letzte Ereignisse, neueste zuerst:</translation>
    </message>
    <message>
        <source>Last lines of the engine's log</source>
        <translation>Letzte Zeilen aus dem Protokoll der Engine</translation>
    </message>
    <message>
        <source>Last request</source>
        <translation>Letzte Anfrage</translation>
    </message>
    <message>
        <source>Last timestep</source>
        <translation>Letzter Zeitschritt</translation>
    </message>
    <message>
        <source>Latent cache</source>
        <translation>Latent-Cache</translation>
    </message>
    <message>
        <source>Later in the queue</source>
        <translation>In der Warteschlange nach hinten</translation>
    </message>
    <message>
        <source>Latest</source>
        <translation>Neueste</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>Lernrate</translation>
    </message>
    <message>
        <source>Learning rate, new words</source>
        <translation>Lernrate, neue Wörter</translation>
    </message>
    <message>
        <source>Learning rate, text encoder</source>
        <translation>Lernrate, Textencoder</translation>
    </message>
    <message>
        <source>Learning-rate schedule</source>
        <translation>Verlauf der Lernrate</translation>
    </message>
    <message>
        <source>Learns faster; too high and pictures fry.</source>
        <translation>Lernt schneller; zu hoch, und Bilder verbrennen.</translation>
    </message>
    <message>
        <source>Learns faster; too high and pictures turn to noise or fry.</source>
        <translation>Lernt schneller; zu hoch, und Bilder werden zu Rauschen oder verbrennen.</translation>
    </message>
    <message>
        <source>Learns from scratch to make pictures of the classes that it is told, in pixels or in an autoencoder's latents.</source>
        <translation>Lernt von Grund auf, Bilder der Klassen zu machen, die ihm gesagt werden, in Pixeln oder in den Latents eines Autoencoders.</translation>
    </message>
    <message>
        <source>Learns new words faster.</source>
        <translation>Lernt neue Wörter schneller.</translation>
    </message>
    <message>
        <source>Learns new words faster; forgets old ones sooner and needs more memory.</source>
        <translation>Lernt neue Wörter schneller; vergisst alte eher und braucht mehr Speicher.</translation>
    </message>
    <message>
        <source>Learns to make pictures like those given, from scratch, in an autoencoder's latents or in pixels; masks may say what lies where.</source>
        <translation>Lernt von Grund auf, Bilder wie die gegebenen zu machen, in den Latents eines Autoencoders oder in Pixeln; Masken können sagen, was wo liegt.</translation>
    </message>
    <message>
        <source>Learns to press pictures into small latents and to rebuild them; diffusion models are trained in that space.</source>
        <translation>Lernt, Bilder in kleine Latents zu pressen und wiederherzustellen; Diffusionsmodelle werden in diesem Raum trainiert.</translation>
    </message>
    <message>
        <source>Learns to rebuild pictures from a grid of entries of a codebook (VQ); diffusion models are trained in that space.</source>
        <translation>Lernt, Bilder aus einem Raster von Einträgen eines Codebuchs (VQ) wieder aufzubauen; Diffusionsmodelle werden in diesem Raum trainiert.</translation>
    </message>
    <message>
        <source>Leave it out for good</source>
        <translation>Für immer auslassen</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>Ausgelassen</translation>
    </message>
    <message>
        <source>Left out, each with its reason</source>
        <translation>Ausgelassen, jeweils mit Grund</translation>
    </message>
    <message>
        <source>Less depends on any single tag.</source>
        <translation>Weniger hängt an einem einzelnen Tag.</translation>
    </message>
    <message>
        <source>Less disk and time; more work lost when a machine dies.</source>
        <translation>Weniger Platz und Zeit; mehr geht verloren, wenn ein Rechner stirbt.</translation>
    </message>
    <message>
        <source>Less disk.</source>
        <translation>Weniger Plattenplatz.</translation>
    </message>
    <message>
        <source>Less disk; samples of few shards follow each other.</source>
        <translation>Weniger Plattenplatz; Beispiele weniger Shards folgen aufeinander.</translation>
    </message>
    <message>
        <source>Less is cut off; many sizes with few pictures.</source>
        <translation>Weniger wird abgeschnitten; viele Größen mit wenigen Bildern.</translation>
    </message>
    <message>
        <source>Less is given, more is left to the model.</source>
        <translation>Weniger ist vorgegeben, mehr bleibt dem Modell überlassen.</translation>
    </message>
    <message>
        <source>Less load; the device may wait for data.</source>
        <translation>Weniger Last; das Gerät wartet vielleicht auf Daten.</translation>
    </message>
    <message>
        <source>Less memory; noisier steps.</source>
        <translation>Weniger Speicher; unruhigere Schritte.</translation>
    </message>
    <message>
        <source>Less noise, finer detail.</source>
        <translation>Weniger Rauschen, feinere Einzelheiten.</translation>
    </message>
    <message>
        <source>Less where it holds</source>
        <translation>Weniger, wo es hält</translation>
    </message>
    <message>
        <source>Less work; the decay then holds for so many steps at once.</source>
        <translation>Weniger Arbeit; der Abfall gilt dann für so viele Schritte auf einmal.</translation>
    </message>
    <message>
        <source>Let the rules decide</source>
        <translation>Die Regeln entscheiden lassen</translation>
    </message>
    <message>
        <source>Level</source>
        <translation>Stufe</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Linear</source>
        <translation>Linear</translation>
    </message>
    <message>
        <source>Lines of bash that run before the engine, as they are.</source>
        <translation>Bash-Zeilen, die vor der Engine laufen, unverändert.</translation>
    </message>
    <message>
        <source>Lion</source>
        <translation>Lion</translation>
    </message>
    <message>
        <source>Little is lost; more disk, and time spent writing.</source>
        <translation>Wenig geht verloren; mehr Platz und mehr Zeit zum Schreiben.</translation>
    </message>
    <message>
        <source>LoRA</source>
        <translation>LoRA</translation>
    </message>
    <message>
        <source>LoRA alpha</source>
        <translation>LoRA alpha</translation>
    </message>
    <message>
        <source>LoRA r%1</source>
        <translation>LoRA r%1</translation>
    </message>
    <message>
        <source>LoRA rank</source>
        <translation>LoRA-Rang</translation>
    </message>
    <message>
        <source>LoRA targets</source>
        <translation>LoRA-Ziele</translation>
    </message>
    <message>
        <source>LoRA, DreamBooth, fine-tune, from scratch. Each with values that work, all of them yours to change.</source>
        <translation>LoRA, DreamBooth, Fine-Tuning, von null. Jede mit Werten, die funktionieren, und alle lassen sich ändern.</translation>
    </message>
    <message>
        <source>Loaded in this order by `module load`.</source>
        <translation>In dieser Reihenfolge mit `module load` geladen.</translation>
    </message>
    <message>
        <source>Loading the model</source>
        <translation>Das Modell wird geladen</translation>
    </message>
    <message>
        <source>Loads the model and tries a few updates in memory. Nothing is written.</source>
        <translation>Lädt das Modell und probiert einige Updates im Speicher. Nichts wird geschrieben.</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Log every</source>
        <translation>Aufzeichnen alle</translation>
    </message>
    <message>
        <source>Log folder</source>
        <translation>Protokollordner</translation>
    </message>
    <message>
        <source>Log:</source>
        <translation>Protokoll:</translation>
    </message>
    <message>
        <source>Logarithmic axis</source>
        <translation>Logarithmische Achse</translation>
    </message>
    <message>
        <source>Logit-normal</source>
        <translation>Logit-normal</translation>
    </message>
    <message>
        <source>Long side over short side of the longest size; longer pictures are cut.</source>
        <translation>Lange durch kurze Seite der längsten Größe; längere Bilder werden beschnitten.</translation>
    </message>
    <message>
        <source>Longer gradients are scaled down to this length, once per step. Absent: off.</source>
        <translation>Längere Gradienten werden einmal je Schritt auf diese Länge verkleinert. Ohne Angabe: aus.</translation>
    </message>
    <message>
        <source>Longer training; a small data set is memorised sooner or later.</source>
        <translation>Längeres Training; ein kleiner Datensatz ist früher oder später auswendig gelernt.</translation>
    </message>
    <message>
        <source>Longest caption</source>
        <translation>Längste Beschriftung</translation>
    </message>
    <message>
        <source>Longest run time, as [days-]hours:minutes:seconds; absent: that of the cluster settings.</source>
        <translation>Längste Laufzeit als [Tage-]Stunden:Minuten:Sekunden; ohne Angabe wie in den Clustereinstellungen.</translation>
    </message>
    <message>
        <source>Longest size</source>
        <translation>Längste Größe</translation>
    </message>
    <message>
        <source>Longest time of one start, as [days-]hours:minutes:seconds.</source>
        <translation>Längste Zeit eines Starts als [Tage-]Stunden:Minuten:Sekunden.</translation>
    </message>
    <message>
        <source>Longest time that a run waits at its end for what is still to be sent; what remains is sent by `atelier-engine track RUN_DIR`.</source>
        <translation>Wie lange ein Lauf am Ende höchstens auf das wartet, was noch zu senden ist; den Rest sendet `atelier-engine track RUN_DIR`.</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Noch einmal nachsehen</translation>
    </message>
    <message>
        <source>Look at it</source>
        <translation>Ansehen</translation>
    </message>
    <message>
        <source>Look beside the studio and in PATH</source>
        <translation>Neben dem Studio und im PATH suchen</translation>
    </message>
    <message>
        <source>Looking at every picture…</source>
        <translation>Jedes Bild wird angesehen…</translation>
    </message>
    <message>
        <source>Looking at what this is</source>
        <translation>Es wird nachgesehen, was das ist</translation>
    </message>
    <message>
        <source>Looking for equal pictures: %1 of %2</source>
        <translation>Suche nach gleichen Bildern: %1 von %2</translation>
    </message>
    <message>
        <source>Looking for it</source>
        <translation>Wird gesucht</translation>
    </message>
    <message>
        <source>Looking for the engine</source>
        <translation>Die Engine wird gesucht</translation>
    </message>
    <message>
        <source>Looking through the folders: %1 images so far</source>
        <translation>Ordner werden durchsucht: bisher %1 Bilder</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>Loss</translation>
    </message>
    <message>
        <source>Loss curve</source>
        <translation>Loss-Kurve</translation>
    </message>
    <message>
        <source>Lower edge threshold</source>
        <translation>Untere Kantenschwelle</translation>
    </message>
    <message>
        <source>Lower:</source>
        <translation>Niedriger:</translation>
    </message>
    <message>
        <source>Lowest share</source>
        <translation>Kleinster Anteil</translation>
    </message>
    <message>
        <source>MB/s</source>
        <translation>MB/s</translation>
    </message>
    <message>
        <source>MSE weight</source>
        <translation>MSE-Gewicht</translation>
    </message>
    <message>
        <source>Machines per job.</source>
        <translation>Rechner je Auftrag.</translation>
    </message>
    <message>
        <source>Machines that the job asks for; absent: that of the cluster settings.</source>
        <translation>Rechner, die der Auftrag verlangt; ohne Angabe wie in den Clustereinstellungen.</translation>
    </message>
    <message>
        <source>Made by Atelier on %1. Training loss is not quality: trust the samples and the validation loss.</source>
        <translation>Von Atelier erstellt am %1. Trainings-Loss ist nicht Qualität: Verlass ist auf Beispielbilder und Validierungs-Loss.</translation>
    </message>
    <message>
        <source>Make it the next one</source>
        <translation>Als Nächsten einreihen</translation>
    </message>
    <message>
        <source>Make pictures</source>
        <translation>Bilder erzeugen</translation>
    </message>
    <message>
        <source>Make room for them, or give this user the right to write there, then build.</source>
        <translation>Platz dafür schaffen oder diesem Benutzer dort Schreibrecht geben, dann bauen.</translation>
    </message>
    <message>
        <source>Makes the window anew; runs and builds go on.</source>
        <translation>Baut das Fenster neu auf; Läufe und Builds gehen weiter.</translation>
    </message>
    <message>
        <source>Making class pictures</source>
        <translation>Klassenbilder werden erzeugt</translation>
    </message>
    <message>
        <source>Making samples</source>
        <translation>Beispielbilder werden erzeugt</translation>
    </message>
    <message>
        <source>Manifest</source>
        <translation>Manifest</translation>
    </message>
    <message>
        <source>Mask</source>
        <translation>Maske</translation>
    </message>
    <message>
        <source>Mask members</source>
        <translation>Endungen der Masken</translation>
    </message>
    <message>
        <source>Mask of %1</source>
        <translation>Maske von %1</translation>
    </message>
    <message>
        <source>Masks</source>
        <translation>Masken</translation>
    </message>
    <message>
        <source>Masks are NAME.png in this folder, not beside their pictures; 00012 and 12 are one name.</source>
        <translation>Masken liegen als NAME.png in diesem Ordner, nicht neben ihren Bildern; 00012 und 12 sind derselbe Name.</translation>
    </message>
    <message>
        <source>Matches</source>
        <translation>Treffer</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>Messen</translation>
    </message>
    <message>
        <source>Measure again</source>
        <translation>Noch einmal messen</translation>
    </message>
    <message>
        <source>Measure memory and time</source>
        <translation>Speicher und Zeit messen</translation>
    </message>
    <message>
        <source>Medium</source>
        <translation>Mittel</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Memory by component</source>
        <translation>Speicher nach Bestandteilen</translation>
    </message>
    <message>
        <source>Memory for thumbnails</source>
        <translation>Speicher für Vorschaubilder</translation>
    </message>
    <message>
        <source>Memory of the gradient's mean.</source>
        <translation>Gedächtnis für das Mittel des Gradienten.</translation>
    </message>
    <message>
        <source>Memory of the gradient's size.</source>
        <translation>Gedächtnis für die Größe des Gradienten.</translation>
    </message>
    <message>
        <source>Memory on the GPU</source>
        <translation>Speicher der GPU</translation>
    </message>
    <message>
        <source>Memory per node</source>
        <translation>Speicher je Knoten</translation>
    </message>
    <message>
        <source>Memory-efficient attention</source>
        <translation>Speichersparende Attention</translation>
    </message>
    <message>
        <source>Memory: %1</source>
        <translation>Speicher: %1</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>Menü</translation>
    </message>
    <message>
        <source>Merge</source>
        <translation>Einrechnen</translation>
    </message>
    <message>
        <source>Merge %1 into a model</source>
        <translation>%1 in ein Modell einrechnen</translation>
    </message>
    <message>
        <source>Merge into a model…</source>
        <translation>In ein Modell einrechnen…</translation>
    </message>
    <message>
        <source>Merge…</source>
        <translation>Einrechnen…</translation>
    </message>
    <message>
        <source>Metadata</source>
        <translation>Metadaten</translation>
    </message>
    <message>
        <source>Metadata %1</source>
        <translation>Metadaten %1</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Methode</translation>
    </message>
    <message>
        <source>Method that turns noise into a picture; auto: what the model's scheduler_config.json stands for. Heun and DPM++ SDE run the network twice per step; those called ancestral, SDE, DDPM and LCM add fresh noise; LCM is for models distilled for it.</source>
        <translation>Verfahren, das aus Rauschen ein Bild macht; auto: das, wofür scheduler_config.json des Modells steht. Heun und DPM++ SDE rechnen das Netz zweimal je Schritt; ancestral, SDE, DDPM und LCM fügen frisches Rauschen hinzu; LCM ist für Modelle, die dafür destilliert sind.</translation>
    </message>
    <message>
        <source>Min-SNR gamma</source>
        <translation>Min-SNR-Gamma</translation>
    </message>
    <message>
        <source>Min-SNR-γ</source>
        <translation>Min-SNR-γ</translation>
    </message>
    <message>
        <source>Mirror at random</source>
        <translation>Zufällig spiegeln</translation>
    </message>
    <message>
        <source>Mixes well with other words.</source>
        <translation>Verträgt sich gut mit anderen Wörtern.</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Model sees</source>
        <translation>Modell sieht</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Models (*.safetensors *.ckpt *.pt *.pth *.bin)</source>
        <translation>Modelle (*.safetensors *.ckpt *.pt *.pth *.bin)</translation>
    </message>
    <message>
        <source>Modules</source>
        <translation>Module</translation>
    </message>
    <message>
        <source>Momentum</source>
        <translation>Momentum</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>More about the plot</source>
        <translation>Mehr zum Diagramm</translation>
    </message>
    <message>
        <source>More curves cannot be told apart.</source>
        <translation>Mehr Kurven lassen sich nicht auseinanderhalten.</translation>
    </message>
    <message>
        <source>More detail is kept; the word mixes less well with others.</source>
        <translation>Mehr Einzelheiten bleiben; das Wort verträgt sich weniger mit anderen.</translation>
    </message>
    <message>
        <source>More noise, larger shapes.</source>
        <translation>Mehr Rauschen, größere Formen.</translation>
    </message>
    <message>
        <source>More sbatch options</source>
        <translation>Weitere sbatch-Optionen</translation>
    </message>
    <message>
        <source>More srun options</source>
        <translation>Weitere srun-Optionen</translation>
    </message>
    <message>
        <source>More variety; too high and colours go wrong.</source>
        <translation>Mehr Vielfalt; zu hoch, und die Farben stimmen nicht mehr.</translation>
    </message>
    <message>
        <source>More variety; wrong for text, faces with a parting, anything with a side.</source>
        <translation>Mehr Vielfalt; falsch für Text, Gesichter mit Scheitel und alles, was eine Seite hat.</translation>
    </message>
    <message>
        <source>More ways back, more disk.</source>
        <translation>Mehr Wege zurück, mehr Platz.</translation>
    </message>
    <message>
        <source>More ways to stop</source>
        <translation>Weitere Arten anzuhalten</translation>
    </message>
    <message>
        <source>More words for `apptainer exec`, such as --bind=/data.</source>
        <translation>Weitere Wörter für `apptainer exec`, etwa --bind=/data.</translation>
    </message>
    <message>
        <source>More: pictures seen before are there at once when scrolling back.</source>
        <translation>Mehr: Schon gesehene Bilder sind beim Zurückblättern sofort da.</translation>
    </message>
    <message>
        <source>Move %1 runs to the trash?</source>
        <translation>%1 Läufe in den Papierkorb legen?</translation>
    </message>
    <message>
        <source>Move %1 to the trash?</source>
        <translation>%1 in den Papierkorb legen?</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>Nach unten</translation>
    </message>
    <message>
        <source>Move to trash</source>
        <translation>In den Papierkorb</translation>
    </message>
    <message>
        <source>Move to trash…</source>
        <translation>In den Papierkorb…</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>Nach oben</translation>
    </message>
    <message>
        <source>Much faster steps on small data sets; no random crops, flips or colours, and memory or disk per picture.</source>
        <translation>Viel schnellere Schritte bei kleinen Datensätzen; kein zufälliges Zuschneiden, Spiegeln oder Färben, und Speicher oder Platte je Bild.</translation>
    </message>
    <message>
        <source>Much less memory, steps about 30 % slower.</source>
        <translation>Viel weniger Speicher, Schritte etwa 30 % langsamer.</translation>
    </message>
    <message>
        <source>Multiplies the step size that Prodigy finds.</source>
        <translation>Vervielfacht die Schrittweite, die Prodigy findet.</translation>
    </message>
    <message>
        <source>NVIDIA GPU</source>
        <translation>NVIDIA-GPU</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Name of the new run</source>
        <translation>Name des neuen Laufs</translation>
    </message>
    <message>
        <source>Name of the run and of its folder inside the log folder.</source>
        <translation>Name des Laufs und seines Ordners im Protokollordner.</translation>
    </message>
    <message>
        <source>Name on the hub</source>
        <translation>Name auf dem Hub</translation>
    </message>
    <message>
        <source>Name, method, place or a setting: learning_rate:&lt;1e-4</source>
        <translation>Name, Methode, Ort oder Einstellung: learning_rate:&lt;1e-4</translation>
    </message>
    <message>
        <source>Name, place and length of the run.</source>
        <translation>Name, Ort und Länge des Laufs.</translation>
    </message>
    <message>
        <source>Names of</source>
        <translation>Namen von</translation>
    </message>
    <message>
        <source>Names of kohya's tools, A1111 and ComfyUI.</source>
        <translation>Namen der Werkzeuge von kohya, von A1111 und ComfyUI.</translation>
    </message>
    <message>
        <source>Names of the classes that the model is told, as the data has them: members .cls, a column, or folders. A sample of another class is left out. None: the model is told no class. dataset.params.text_dropout leaves it out at random, which guidance needs.</source>
        <translation>Namen der Klassen, die dem Modell gesagt werden, wie die Daten sie haben: .cls-Dateien, eine Spalte oder Ordner. Ein Beispiel einer anderen Klasse bleibt aus. Keine: Dem Modell wird keine Klasse gesagt. dataset.params.text_dropout lässt sie zufällig weg, was Guidance braucht.</translation>
    </message>
    <message>
        <source>Needs a look</source>
        <translation>Zu prüfen</translation>
    </message>
    <message>
        <source>Negative prompt</source>
        <translation>Negativer Prompt</translation>
    </message>
    <message>
        <source>Negative: %1</source>
        <translation>Negativ: %1</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Netz</translation>
    </message>
    <message>
        <source>Network predicts</source>
        <translation>Das Netz sagt voraus</translation>
    </message>
    <message>
        <source>New dataset</source>
        <translation>Neuer Datensatz</translation>
    </message>
    <message>
        <source>New dataset…</source>
        <translation>Neuer Datensatz…</translation>
    </message>
    <message>
        <source>New end</source>
        <translation>Neues Ende</translation>
    </message>
    <message>
        <source>New from template…</source>
        <translation>Neu aus Vorlage…</translation>
    </message>
    <message>
        <source>New prompts</source>
        <translation>Neue Prompts</translation>
    </message>
    <message>
        <source>New run</source>
        <translation>Neuer Lauf</translation>
    </message>
    <message>
        <source>New run from this</source>
        <translation>Neuer Lauf hieraus</translation>
    </message>
    <message>
        <source>New words</source>
        <translation>Neue Wörter</translation>
    </message>
    <message>
        <source>Newest</source>
        <translation>Neuester</translation>
    </message>
    <message>
        <source>Newest run</source>
        <translation>Neuester Lauf</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Next issue</source>
        <translation>Nächstes Problem</translation>
    </message>
    <message>
        <source>Next pane</source>
        <translation>Nächster Bereich</translation>
    </message>
    <message>
        <source>Next picture</source>
        <translation>Nächstes Bild</translation>
    </message>
    <message>
        <source>Next without caption</source>
        <translation>Nächstes ohne Beschriftung</translation>
    </message>
    <message>
        <source>No base model is known. Choose one, or open it on the Models page first.</source>
        <translation>Kein Basismodell ist bekannt. Eines wählen oder zuerst auf der Seite Modelle öffnen.</translation>
    </message>
    <message>
        <source>No caption</source>
        <translation>Ohne Beschriftung</translation>
    </message>
    <message>
        <source>No checkpoint was written yet.</source>
        <translation>Noch wurde kein Checkpoint geschrieben.</translation>
    </message>
    <message>
        <source>No cluster settings were found. Put a file into the project's folder “clusters”; the program brings examples.</source>
        <translation>Keine Clustereinstellungen gefunden. Eine Datei in den Ordner „clusters“ des Projekts legen; das Programm bringt Beispiele mit.</translation>
    </message>
    <message>
        <source>No curve</source>
        <translation>Keine Kurve</translation>
    </message>
    <message>
        <source>No engine found. Looked at: %1. Training and building are off. Choose where atelier-engine is in Settings.</source>
        <translation>Keine Engine gefunden. Gesucht wurde: %1. Training und Build sind aus. In den Einstellungen angeben, wo atelier-engine liegt.</translation>
    </message>
    <message numerus="yes">
        <source>No images found in %1. It has %n file(s). Atelier reads JPEG, PNG, WebP, TIFF, BMP and GIF.</source>
        <translation><numerusform>Keine Bilder in %1 gefunden. Es hat %n Datei. Atelier liest JPEG, PNG, WebP, TIFF, BMP und GIF.</numerusform><numerusform>Keine Bilder in %1 gefunden. Es hat %n Dateien. Atelier liest JPEG, PNG, WebP, TIFF, BMP und GIF.</numerusform></translation>
    </message>
    <message>
        <source>No images here yet</source>
        <translation>Noch keine Bilder hier</translation>
    </message>
    <message>
        <source>No issues</source>
        <translation>Keine Probleme</translation>
    </message>
    <message>
        <source>No model is selected.</source>
        <translation>Kein Modell ausgewählt.</translation>
    </message>
    <message>
        <source>No model matches</source>
        <translation>Kein Modell passt</translation>
    </message>
    <message>
        <source>No picture at step %1: %2</source>
        <translation>Kein Bild bei Schritt %1: %2</translation>
    </message>
    <message>
        <source>No picture matches</source>
        <translation>Kein Bild passt</translation>
    </message>
    <message>
        <source>No picture would go in.</source>
        <translation>Kein Bild käme hinein.</translation>
    </message>
    <message>
        <source>No run is selected.</source>
        <translation>Kein Lauf ausgewählt.</translation>
    </message>
    <message>
        <source>No run matches</source>
        <translation>Kein Lauf passt</translation>
    </message>
    <message>
        <source>No runs yet</source>
        <translation>Noch keine Läufe</translation>
    </message>
    <message>
        <source>No samples yet</source>
        <translation>Noch keine Beispielbilder</translation>
    </message>
    <message>
        <source>No samples yet. The first are due at step %1.</source>
        <translation>Noch keine Beispielbilder. Die ersten kommen bei Schritt %1.</translation>
    </message>
    <message>
        <source>No samples. The settings ask for none: add prompts under Sample pictures.</source>
        <translation>Keine Beispielbilder. Die Einstellungen verlangen keine: unter „Beispielbilder“ Prompts angeben.</translation>
    </message>
    <message>
        <source>No setting matches.</source>
        <translation>Keine Einstellung passt.</translation>
    </message>
    <message>
        <source>No shards yet</source>
        <translation>Noch keine Shards</translation>
    </message>
    <message>
        <source>No tag is learned by its place; wrong for sentences.</source>
        <translation>Kein Tag wird über seinen Platz gelernt; falsch für Sätze.</translation>
    </message>
    <message>
        <source>No template matches</source>
        <translation>Keine Vorlage passt</translation>
    </message>
    <message>
        <source>Node features</source>
        <translation>Merkmale der Knoten</translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>Noise (epsilon)</source>
        <translation>Rauschen (Epsilon)</translation>
    </message>
    <message>
        <source>Noise offset</source>
        <translation>Rausch-Offset</translation>
    </message>
    <message>
        <source>Noise schedule, sampling</source>
        <translation>Rauschplan, Bilder erzeugen</translation>
    </message>
    <message>
        <source>Noise schedule, training</source>
        <translation>Rauschplan, Training</translation>
    </message>
    <message>
        <source>Noise that each prompt starts from; the same at every round, so that rounds compare.</source>
        <translation>Rauschen, mit dem jeder Prompt beginnt; in jeder Runde dasselbe, damit Runden vergleichbar sind.</translation>
    </message>
    <message>
        <source>None</source>
        <translation>Keine</translation>
    </message>
    <message numerus="yes">
        <source>None of %n file(s) has the name of a picture here.</source>
        <translation><numerusform>%n Datei hat nicht den Namen eines Bildes hier.</numerusform><numerusform>Keine von %n Dateien hat den Namen eines Bildes hier.</numerusform></translation>
    </message>
    <message>
        <source>None on disk any more</source>
        <translation>Keine mehr auf der Platte</translation>
    </message>
    <message>
        <source>None yet</source>
        <translation>Noch keine</translation>
    </message>
    <message>
        <source>Not enough space in %1: the build needs about %2, %3 are free.</source>
        <translation>Nicht genug Platz in %1: Der Build braucht etwa %2, frei sind %3.</translation>
    </message>
    <message>
        <source>Not exported.</source>
        <translation>Nicht exportiert.</translation>
    </message>
    <message numerus="yes">
        <source>Not exported: %n value(s) missing or wrong.</source>
        <translation><numerusform>Nicht exportiert: %n Wert fehlt oder ist falsch.</numerusform><numerusform>Nicht exportiert: %n Werte fehlen oder sind falsch.</numerusform></translation>
    </message>
    <message>
        <source>Not heard from</source>
        <translation>Nichts zu hören</translation>
    </message>
    <message>
        <source>Not heard from since %1.</source>
        <translation>Nichts zu hören seit %1.</translation>
    </message>
    <message numerus="yes">
        <source>Not measured: %n value(s) missing or wrong.</source>
        <translation><numerusform>Nicht gemessen: %n Wert fehlt oder ist falsch.</numerusform><numerusform>Nicht gemessen: %n Werte fehlen oder sind falsch.</numerusform></translation>
    </message>
    <message>
        <source>Not measured: the engine is not ready.</source>
        <translation>Nicht gemessen: Die Engine ist nicht bereit.</translation>
    </message>
    <message numerus="yes">
        <source>Not saved yet, and tried again by itself: %n edit(s).</source>
        <translation><numerusform>Noch nicht gespeichert, wird von selbst erneut versucht: %n Änderung.</numerusform><numerusform>Noch nicht gespeichert, wird von selbst erneut versucht: %n Änderungen.</numerusform></translation>
    </message>
    <message>
        <source>Not saved.</source>
        <translation>Nicht gespeichert.</translation>
    </message>
    <message>
        <source>Not started</source>
        <translation>Nicht gestartet</translation>
    </message>
    <message>
        <source>Not started yet</source>
        <translation>Noch nicht gestartet</translation>
    </message>
    <message>
        <source>Not started.</source>
        <translation>Nicht gestartet.</translation>
    </message>
    <message numerus="yes">
        <source>Not started: %n value(s) missing or wrong.</source>
        <translation><numerusform>Nicht gestartet: %n Wert fehlt oder ist falsch.</numerusform><numerusform>Nicht gestartet: %n Werte fehlen oder sind falsch.</numerusform></translation>
    </message>
    <message>
        <source>Not started: the engine is not ready.</source>
        <translation>Nicht gestartet: Die Engine ist nicht bereit.</translation>
    </message>
    <message>
        <source>Not with this model.</source>
        <translation>Nicht mit diesem Modell.</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>Notizen</translation>
    </message>
    <message>
        <source>Nothing important is cut off; sizes with few pictures come rarely.</source>
        <translation>Nichts Wichtiges wird abgeschnitten; Größen mit wenigen Bildern kommen selten.</translation>
    </message>
    <message>
        <source>Nothing is changed.</source>
        <translation>Nichts wird geändert.</translation>
    </message>
    <message>
        <source>Nothing is changed.
</source>
        <translation>Nichts wird geändert.
</translation>
    </message>
    <message>
        <source>Nothing is copied.</source>
        <translation>Nichts wird kopiert.</translation>
    </message>
    <message>
        <source>Nothing is lost: it is the last step that was trained.</source>
        <translation>Nichts geht verloren: Es ist der letzte trainierte Schritt.</translation>
    </message>
    <message>
        <source>Nothing is sent or downloaded without being asked. Offline, downloads and uploads are refused even then.</source>
        <translation>Nichts wird ungefragt gesendet oder heruntergeladen. Offline werden Downloads und Uploads auch dann abgelehnt.</translation>
    </message>
    <message>
        <source>Nothing on this page takes it</source>
        <translation>Nichts auf dieser Seite nimmt das an</translation>
    </message>
    <message>
        <source>Nothing stands against it.</source>
        <translation>Nichts spricht dagegen.</translation>
    </message>
    <message>
        <source>Nothing that is open takes %1.</source>
        <translation>Nichts Geöffnetes nimmt %1 an.</translation>
    </message>
    <message>
        <source>Nothing to compare yet</source>
        <translation>Noch nichts zu vergleichen</translation>
    </message>
    <message>
        <source>Nothing was added.</source>
        <translation>Nichts wurde hinzugefügt.</translation>
    </message>
    <message>
        <source>Nothing would change.</source>
        <translation>Nichts würde sich ändern.</translation>
    </message>
    <message>
        <source>Nothing.</source>
        <translation>Nichts.</translation>
    </message>
    <message>
        <source>Number format of the forward and backward pass; master weights and the optimizer stay 32 bit. no, false and null mean fp32.</source>
        <translation>Zahlenformat von Vorwärts- und Rückwärtsdurchlauf; Mastergewichte und Optimizer bleiben bei 32 Bit. no, false und null heißen fp32.</translation>
    </message>
    <message>
        <source>Number of newest checkpoints to keep; absent: all.</source>
        <translation>Wie viele der neuesten Checkpoints bleiben; ohne Angabe: alle.</translation>
    </message>
    <message>
        <source>Numbers of the schedule.</source>
        <translation>Zahlen des Verlaufs.</translation>
    </message>
    <message>
        <source>Numbers of the update rule.</source>
        <translation>Zahlen der Update-Regel.</translation>
    </message>
    <message>
        <source>Of equal pictures</source>
        <translation>Bei gleichen Bildern</translation>
    </message>
    <message>
        <source>Of the window in these pictures.</source>
        <translation>Des Fensters in diesen Bildern.</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>Aus</translation>
    </message>
    <message>
        <source>Off:</source>
        <translation>Aus:</translation>
    </message>
    <message>
        <source>Offered when the engine has not stopped 30 s after it was asked</source>
        <translation>Angeboten, wenn die Engine 30 s nach der Anfrage nicht angehalten hat</translation>
    </message>
    <message>
        <source>Offline</source>
        <translation>Offline</translation>
    </message>
    <message>
        <source>On</source>
        <translation>An</translation>
    </message>
    <message>
        <source>On a broken step</source>
        <translation>Bei einem kaputten Schritt</translation>
    </message>
    <message>
        <source>On one device: %1 steps with %2 images each, a checkpoint every %3 steps.</source>
        <translation>Ein Gerät: %1 Schritte zu je %2 Bildern, Checkpoint alle %3.</translation>
    </message>
    <message>
        <source>On:</source>
        <translation>An:</translation>
    </message>
    <message>
        <source>One cycle</source>
        <translation>Ein Zyklus</translation>
    </message>
    <message>
        <source>One epoch</source>
        <translation>Eine Epoche</translation>
    </message>
    <message>
        <source>One file</source>
        <translation>Eine Datei</translation>
    </message>
    <message>
        <source>One file again</source>
        <translation>Wieder eine Datei</translation>
    </message>
    <message>
        <source>One line at random</source>
        <translation>Eine zufällige Zeile</translation>
    </message>
    <message>
        <source>One option each, such as --cpu-bind=verbose.</source>
        <translation>Je eine Option, etwa --cpu-bind=verbose.</translation>
    </message>
    <message>
        <source>One option each, such as --mail-type=END.</source>
        <translation>Je eine Option, etwa --mail-type=END.</translation>
    </message>
    <message>
        <source>One per line</source>
        <translation>Je Zeile einer</translation>
    </message>
    <message>
        <source>One picture is made from each while training; none given: no sample pictures.</source>
        <translation>Zu jedem entsteht während des Trainings ein Bild; ohne Angabe: keine Beispielbilder.</translation>
    </message>
    <message>
        <source>One process is started per GPU; 0 trains on the CPU.</source>
        <translation>Je GPU wird ein Prozess gestartet; 0 trainiert auf der CPU.</translation>
    </message>
    <message>
        <source>One process is started per GPU; absent: that of the cluster settings.</source>
        <translation>Je GPU wird ein Prozess gestartet; ohne Angabe wie in den Clustereinstellungen.</translation>
    </message>
    <message>
        <source>Online</source>
        <translation>Online</translation>
    </message>
    <message>
        <source>Only for reference from other values, as ${model.pt_path}.</source>
        <translation>Nur als Verweis für andere Werte, als ${model.pt_path}.</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Open YAML…</source>
        <translation>YAML öffnen…</translation>
    </message>
    <message>
        <source>Open a configuration</source>
        <translation>Konfiguration öffnen</translation>
    </message>
    <message>
        <source>Open a run</source>
        <translation>Lauf öffnen</translation>
    </message>
    <message>
        <source>Open a run folder</source>
        <translation>Laufordner öffnen</translation>
    </message>
    <message>
        <source>Open dataset folder</source>
        <translation>Datensatzordner öffnen</translation>
    </message>
    <message>
        <source>Open file</source>
        <translation>Datei öffnen</translation>
    </message>
    <message>
        <source>Open file…</source>
        <translation>Datei öffnen…</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Open folder…</source>
        <translation>Ordner öffnen…</translation>
    </message>
    <message>
        <source>Open in the form</source>
        <translation>Im Formular öffnen</translation>
    </message>
    <message>
        <source>Open it where it is now.</source>
        <translation>Dort öffnen, wo es jetzt liegt.</translation>
    </message>
    <message>
        <source>Open its monitor</source>
        <translation>Seinen Monitor öffnen</translation>
    </message>
    <message>
        <source>Open model</source>
        <translation>Modell öffnen</translation>
    </message>
    <message>
        <source>Open model folder</source>
        <translation>Modellordner öffnen</translation>
    </message>
    <message>
        <source>Open model folder…</source>
        <translation>Modellordner öffnen…</translation>
    </message>
    <message>
        <source>Open monitor</source>
        <translation>Monitor öffnen</translation>
    </message>
    <message>
        <source>Open or download a pipeline folder first.</source>
        <translation>Zuerst einen Pipeline-Ordner öffnen oder herunterladen.</translation>
    </message>
    <message>
        <source>Open run folder</source>
        <translation>Laufordner öffnen</translation>
    </message>
    <message>
        <source>Open run folder…</source>
        <translation>Laufordner öffnen…</translation>
    </message>
    <message>
        <source>Open the demo</source>
        <translation>Vorführung öffnen</translation>
    </message>
    <message>
        <source>Open the monitor of %1</source>
        <translation>Monitor von %1 öffnen</translation>
    </message>
    <message>
        <source>Open this configuration</source>
        <translation>Diese Konfiguration öffnen</translation>
    </message>
    <message>
        <source>Open this dataset</source>
        <translation>Diesen Datensatz öffnen</translation>
    </message>
    <message>
        <source>Open this run</source>
        <translation>Diesen Lauf öffnen</translation>
    </message>
    <message>
        <source>Opened</source>
        <translation>Geöffnet</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>Öffnen…</translation>
    </message>
    <message>
        <source>Optimizer</source>
        <translation>Optimizer</translation>
    </message>
    <message>
        <source>Optimizer steps between checkpoints.</source>
        <translation>Optimizer-Schritte zwischen Checkpoints.</translation>
    </message>
    <message>
        <source>Optimizer steps between points of the curves; each point is the mean since the last.</source>
        <translation>Optimizer-Schritte zwischen den Punkten der Kurven; jeder Punkt ist das Mittel seit dem letzten.</translation>
    </message>
    <message>
        <source>Optimizer steps between sample pictures; absent: with each checkpoint.</source>
        <translation>Optimizer-Schritte zwischen Beispielbildern; ohne Angabe: bei jedem Checkpoint.</translation>
    </message>
    <message>
        <source>Optimizer steps between two validations; absent: whenever a checkpoint is due. Before the first and after the last step it is done in any case.</source>
        <translation>Optimizer-Schritte zwischen zwei Validierungen; ohne Angabe: mit jedem Checkpoint. Vor dem ersten und nach dem letzten Schritt in jedem Fall.</translation>
    </message>
    <message>
        <source>Order of %1</source>
        <translation>%1: Reihenfolge</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>Original</translation>
    </message>
    <message>
        <source>Originals are never changed</source>
        <translation>Originale werden nie verändert</translation>
    </message>
    <message>
        <source>Other</source>
        <translation>Anderes</translation>
    </message>
    <message>
        <source>Outliers weigh less.</source>
        <translation>Ausreißer wiegen weniger.</translation>
    </message>
    <message>
        <source>P2</source>
        <translation>P2</translation>
    </message>
    <message>
        <source>PEFT</source>
        <translation>PEFT</translation>
    </message>
    <message>
        <source>PNDM (PLMS)</source>
        <translation>PNDM (PLMS)</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>Seiten</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>Parameter</translation>
    </message>
    <message>
        <source>Parquet files</source>
        <translation>Parquet-Dateien</translation>
    </message>
    <message>
        <source>Part of a model</source>
        <translation>Teil eines Modells</translation>
    </message>
    <message>
        <source>Partition</source>
        <translation>Partition</translation>
    </message>
    <message>
        <source>Parts of the dataset</source>
        <translation>Teile des Datensatzes</translation>
    </message>
    <message>
        <source>Path of atelier-engine on the cluster's nodes (in the container, if there is one); ~ is your home there.</source>
        <translation>Pfad von atelier-engine auf den Knoten des Clusters (im Container, wenn es einen gibt); ~ ist das Benutzerverzeichnis dort.</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Pause or go on with the queue</source>
        <translation>Warteschlange anhalten oder fortsetzen</translation>
    </message>
    <message>
        <source>Pause queue</source>
        <translation>Warteschlange anhalten</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Pausiert</translation>
    </message>
    <message>
        <source>Peak of the schedule; wins over the optimizer's. Usually ${optimizer.params.learning_rate}, or absent.</source>
        <translation>Höchstwert des Verlaufs; geht dem des Optimizers vor. Meist ${optimizer.params.learning_rate} oder keine Angabe.</translation>
    </message>
    <message>
        <source>Peak step size after warm-up.</source>
        <translation>Größte Schrittweite nach dem Warm-up.</translation>
    </message>
    <message>
        <source>Peak step size of the text encoder's weights; it follows the same schedule. Absent: as the UNet's.</source>
        <translation>Größte Schrittweite für die Gewichte des Textencoders; sie folgt demselben Verlauf. Ohne Angabe: wie beim UNet.</translation>
    </message>
    <message>
        <source>Peak step size of the vectors of method.tokens; it follows the same schedule. Absent: as everything else.</source>
        <translation>Größte Schrittweite für die Vektoren von method.tokens; sie folgt demselben Verlauf. Ohne Angabe: wie alles andere.</translation>
    </message>
    <message>
        <source>Pick what you want to make. Every value can be changed afterwards.</source>
        <translation>Wählen, was entstehen soll. Jeder Wert lässt sich danach ändern.</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Picture (sample)</source>
        <translation>Bild (Beispiel)</translation>
    </message>
    <message>
        <source>Picture size</source>
        <translation>Bildgröße</translation>
    </message>
    <message>
        <source>Picture size (Ctrl+wheel)</source>
        <translation>Bildgröße (Strg+Mausrad)</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Pictures (%1)</source>
        <translation>Bilder (%1)</translation>
    </message>
    <message>
        <source>Pictures (*.jpg *.jpeg *.jpe *.jfif *.png *.webp *.tif *.tiff *.bmp *.gif)</source>
        <translation>Bilder (*.jpg *.jpeg *.jpe *.jfif *.png *.webp *.tif *.tiff *.bmp *.gif)</translation>
    </message>
    <message>
        <source>Pictures are decoded faster.</source>
        <translation>Bilder werden schneller dekodiert.</translation>
    </message>
    <message>
        <source>Pictures are scaled and cropped to squares of this size.</source>
        <translation>Bilder werden auf Quadrate dieser Größe skaliert und zugeschnitten.</translation>
    </message>
    <message>
        <source>Pictures are still being read; the build will look at all of them. </source>
        <translation>Bilder werden noch gelesen; der Build sieht sie alle an. </translation>
    </message>
    <message>
        <source>Pictures by shape</source>
        <translation>Bilder nach Form</translation>
    </message>
    <message>
        <source>Pictures in there are missing here and in the shards. Give yourself the right to read them, then rescan.</source>
        <translation>Bilder darin fehlen hier und in den Shards. Sich das Leserecht geben, dann neu einlesen.</translation>
    </message>
    <message>
        <source>Pictures keep their proportions: each goes to the nearest size with about as many pixels as the square, and a batch holds pictures of one size. Every picture comes once before any comes again. The sizes are written to buckets.json in the run folder.</source>
        <translation>Bilder behalten ihre Proportionen: Jedes kommt zur nächsten Größe mit etwa so vielen Pixeln wie das Quadrat, und ein Batch enthält Bilder einer Größe. Jedes Bild kommt einmal, bevor eines wiederkommt. Die Größen stehen in buckets.json im Laufordner.</translation>
    </message>
    <message>
        <source>Pictures made from the evaluation captions at each checkpoint.</source>
        <translation>Bilder, die bei jedem Checkpoint zu den Auswertungs-Beschriftungen entstehen.</translation>
    </message>
    <message>
        <source>Pictures made while training.</source>
        <translation>Bilder, die während des Trainings entstehen.</translation>
    </message>
    <message>
        <source>Pictures of any shape are kept.</source>
        <translation>Bilder jeder Form bleiben.</translation>
    </message>
    <message>
        <source>Pictures of the model as it is before training, to compare with.</source>
        <translation>Bilder des Modells vor dem Training, zum Vergleich.</translation>
    </message>
    <message>
        <source>Pictures without caption are kept.</source>
        <translation>Bilder ohne Beschriftung bleiben.</translation>
    </message>
    <message>
        <source>Pictures, newest first</source>
        <translation>Bilder, neueste zuerst</translation>
    </message>
    <message>
        <source>Pipeline folder</source>
        <translation>Pipeline-Ordner</translation>
    </message>
    <message>
        <source>Pipeline folder again</source>
        <translation>Wieder ein Pipeline-Ordner</translation>
    </message>
    <message>
        <source>Pipeline folder in diffusers layout, or name on a hub (org/name), to start from; wins over the entries of the single parts.</source>
        <translation>Pipeline-Ordner im Aufbau von diffusers oder Name auf einem Hub (org/name), von dem ausgegangen wird; geht den Angaben der einzelnen Teile vor.</translation>
    </message>
    <message>
        <source>Pipeline folder whose part of this name is loaded.</source>
        <translation>Pipeline-Ordner, dessen gleichnamiger Teil geladen wird.</translation>
    </message>
    <message>
        <source>Pivotal tuning</source>
        <translation>Pivotal Tuning</translation>
    </message>
    <message>
        <source>Pixels along one side of a coarse square.</source>
        <translation>Pixel entlang einer Seite eines groben Quadrats.</translation>
    </message>
    <message>
        <source>Place %1 in the queue: %2</source>
        <translation>Platz %1 in der Warteschlange: %2</translation>
    </message>
    <message>
        <source>Plan</source>
        <translation>Planen</translation>
    </message>
    <message>
        <source>Polynomial</source>
        <translation>Polynom</translation>
    </message>
    <message>
        <source>Power</source>
        <translation>Exponent</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>Genauigkeit</translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation>Vorbereitung</translation>
    </message>
    <message>
        <source>Preview</source>
        <translation>Vorschau</translation>
    </message>
    <message>
        <source>Previous pane</source>
        <translation>Voriger Bereich</translation>
    </message>
    <message>
        <source>Previous picture</source>
        <translation>Voriges Bild</translation>
    </message>
    <message>
        <source>Print the milliseconds to the first paint, then quit.</source>
        <translation>Die Millisekunden bis zum ersten Bild ausgeben, dann beenden.</translation>
    </message>
    <message>
        <source>Print what opening this run costs the window, then quit.</source>
        <translation>Ausgeben, was das Öffnen dieses Laufs das Fenster kostet, dann beenden.</translation>
    </message>
    <message>
        <source>Print what scrolling through this folder costs, then quit.</source>
        <translation>Ausgeben, was das Blättern durch diesen Ordner kostet, dann beenden.</translation>
    </message>
    <message>
        <source>Probability that a random mask covers the whole picture.</source>
        <translation>Wahrscheinlichkeit, dass eine zufällige Maske das ganze Bild bedeckt.</translation>
    </message>
    <message>
        <source>Probability that a sample's condition picture is black, or its mask empty.</source>
        <translation>Wahrscheinlichkeit, dass das Bedingungsbild eines Beispiels schwarz oder seine Maske leer ist.</translation>
    </message>
    <message>
        <source>Probe</source>
        <translation>Untersuchen</translation>
    </message>
    <message>
        <source>Prodigy</source>
        <translation>Prodigy</translation>
    </message>
    <message>
        <source>Prodigy's step size before it knows better; it only ever grows.</source>
        <translation>Schrittweite von Prodigy, bevor es sie besser kennt; sie wächst nur.</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Progress of the pictures</source>
        <translation>Fortschritt der Bilder</translation>
    </message>
    <message>
        <source>Progress of the run</source>
        <translation>Fortschritt des Laufs</translation>
    </message>
    <message>
        <source>Project</source>
        <translation>Projekt</translation>
    </message>
    <message>
        <source>Project folder</source>
        <translation>Projektordner</translation>
    </message>
    <message>
        <source>Project folder, for this start only (~/Atelier).</source>
        <translation>Projektordner, nur für diesen Start (~/Atelier).</translation>
    </message>
    <message>
        <source>Project that a tracker files the run under; not part of the folder.</source>
        <translation>Projekt, unter dem ein Tracker den Lauf führt; kein Teil des Ordners.</translation>
    </message>
    <message>
        <source>Project that jobs are billed to; absent: your default.</source>
        <translation>Projekt, dem Aufträge angerechnet werden; ohne Angabe: das eigene Standardprojekt.</translation>
    </message>
    <message>
        <source>Project that the job is billed to; absent: that of the cluster settings.</source>
        <translation>Projekt, dem der Auftrag angerechnet wird; ohne Angabe wie in den Clustereinstellungen.</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>Prompt</translation>
    </message>
    <message>
        <source>Prompt weighting</source>
        <translation>Prompt-Gewichtung</translation>
    </message>
    <message>
        <source>Prompt: %1</source>
        <translation>Prompt: %1</translation>
    </message>
    <message>
        <source>Pulls every trained weight towards zero by learning rate × this at each step.</source>
        <translation>Zieht jedes trainierte Gewicht bei jedem Schritt um Lernrate × diesen Wert gegen null.</translation>
    </message>
    <message>
        <source>Put before</source>
        <translation>Davorsetzen</translation>
    </message>
    <message>
        <source>Put behind</source>
        <translation>Dahintersetzen</translation>
    </message>
    <message>
        <source>Put behind every caption as it is.</source>
        <translation>Wird hinter jede Beschriftung gesetzt, so wie es ist.</translation>
    </message>
    <message>
        <source>Put in front of every caption as it is, such as a trigger word and a comma.</source>
        <translation>Wird vor jede Beschriftung gesetzt, so wie es ist, etwa ein Auslösewort mit Komma.</translation>
    </message>
    <message>
        <source>Put it back</source>
        <translation>Zurückholen</translation>
    </message>
    <message>
        <source>Put the job back into the queue when its time or a node is lost; it continues from its last checkpoint.</source>
        <translation>Den Auftrag wieder einreihen, wenn seine Zeit abläuft oder ein Knoten ausfällt; er geht von seinem letzten Checkpoint weiter.</translation>
    </message>
    <message>
        <source>Pyramid noise</source>
        <translation>Pyramidenrauschen</translation>
    </message>
    <message>
        <source>QOS</source>
        <translation>QOS</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>Qualität</translation>
    </message>
    <message>
        <source>Quality of service; absent: your default.</source>
        <translation>Dienstgüte; ohne Angabe: die eigene Vorgabe.</translation>
    </message>
    <message>
        <source>Queue of the cluster; absent: that of the cluster settings.</source>
        <translation>Warteschlange des Clusters; ohne Angabe wie in den Clustereinstellungen.</translation>
    </message>
    <message>
        <source>Queue on this computer</source>
        <translation>Warteschlange auf diesem Rechner</translation>
    </message>
    <message>
        <source>Queue that jobs go to; absent: the cluster's default.</source>
        <translation>Warteschlange, in die Aufträge kommen; ohne Angabe: die Vorgabe des Clusters.</translation>
    </message>
    <message>
        <source>Queued</source>
        <translation>In der Warteschlange</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>README.txt in it names the commands.</source>
        <translation>Die Befehle nennt README.txt darin.</translation>
    </message>
    <message>
        <source>Random</source>
        <translation>Zufällig</translation>
    </message>
    <message>
        <source>Rank at most</source>
        <translation>Rang höchstens</translation>
    </message>
    <message>
        <source>Rank-stabilised LoRA</source>
        <translation>Rangstabilisiertes LoRA</translation>
    </message>
    <message>
        <source>Rank…</source>
        <translation>Rang…</translation>
    </message>
    <message>
        <source>Reacts sooner to growing gradients.</source>
        <translation>Reagiert früher auf wachsende Gradienten.</translation>
    </message>
    <message>
        <source>Read back</source>
        <translation>Zurückgelesen</translation>
    </message>
    <message>
        <source>Reading captions and sizes: %1 of %2</source>
        <translation>Beschriftungen und Größen werden gelesen: %1 von %2</translation>
    </message>
    <message>
        <source>Reading it again</source>
        <translation>Wird wieder gelesen</translation>
    </message>
    <message>
        <source>Reading the values of %1</source>
        <translation>Die Werte von %1 werden gelesen</translation>
    </message>
    <message>
        <source>Reads (word:1.2), [word] and BREAK in sample prompts, and prompts longer than the text encoder's window. Captions are never read so.</source>
        <translation>Liest (Wort:1.2), [Wort] und BREAK in Beispiel-Prompts sowie Prompts, die länger sind als das Fenster des Textencoders. Beschriftungen werden nie so gelesen.</translation>
    </message>
    <message>
        <source>Recomputes activations in the backward pass instead of storing them.</source>
        <translation>Berechnet Aktivierungen im Rückwärtsdurchlauf neu, statt sie zu speichern.</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Regular expression</source>
        <translation>Regulärer Ausdruck</translation>
    </message>
    <message>
        <source>Regularisation pictures: a folder of them, kohya's layout ("1_dog") or shards. Absent: made once by the base model and kept beside the runs.</source>
        <translation>Regularisierungsbilder: ein Ordner mit Bildern, kohyas Ordner („1_dog“) oder Shards. Ohne Angabe: einmal vom Ausgangsmodell erzeugt und neben den Läufen aufbewahrt.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Remove from %1</source>
        <translation>%1: entfernen</translation>
    </message>
    <message>
        <source>Remove from this dataset</source>
        <translation>Aus diesem Datensatz entfernen</translation>
    </message>
    <message>
        <source>Remove it</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Remove tag %1</source>
        <translation>Tag %1 entfernen</translation>
    </message>
    <message>
        <source>Remove: %1</source>
        <translation>Entfernen: %1</translation>
    </message>
    <message>
        <source>Rendezvous</source>
        <translation>Rendezvous</translation>
    </message>
    <message>
        <source>Repeats</source>
        <translation>Wiederholungen</translation>
    </message>
    <message>
        <source>Replace with</source>
        <translation>Ersetzen durch</translation>
    </message>
    <message>
        <source>Rescales the noise schedule so that its last step holds no signal at all; the network has to predict velocity.</source>
        <translation>Skaliert den Rauschplan so, dass sein letzter Schritt gar kein Signal mehr enthält; das Netz muss dann Velocity vorhersagen.</translation>
    </message>
    <message>
        <source>Rescan</source>
        <translation>Neu einlesen</translation>
    </message>
    <message>
        <source>Reset %1</source>
        <translation>%1 zurücksetzen</translation>
    </message>
    <message>
        <source>Reset settings</source>
        <translation>Einstellungen zurücksetzen</translation>
    </message>
    <message>
        <source>Resize</source>
        <translation>Skalieren</translation>
    </message>
    <message>
        <source>Resize, JPEG</source>
        <translation>Skalieren, JPEG</translation>
    </message>
    <message>
        <source>Resize, WebP</source>
        <translation>Skalieren, WebP</translation>
    </message>
    <message>
        <source>Resolution</source>
        <translation>Auflösung</translation>
    </message>
    <message>
        <source>Resolved</source>
        <translation>Aufgelöst</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Ergebnisse</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Resume from here…</source>
        <translation>Von hier fortsetzen…</translation>
    </message>
    <message>
        <source>Resume from step %1</source>
        <translation>Ab Schritt %1 fortsetzen</translation>
    </message>
    <message>
        <source>Resumed</source>
        <translation>Fortgesetzt</translation>
    </message>
    <message>
        <source>Resumed at step %1 on %2</source>
        <translation>Fortgesetzt bei Schritt %1 auf %2</translation>
    </message>
    <message>
        <source>Rows follow more slowly.</source>
        <translation>Zeilen folgen langsamer.</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Lauf</translation>
    </message>
    <message>
        <source>Run %1</source>
        <translation>Lauf %1</translation>
    </message>
    <message>
        <source>Run folder</source>
        <translation>Laufordner</translation>
    </message>
    <message>
        <source>Run folder, dataset folder, folder of images or YAML file to open.</source>
        <translation>Laufordner, Datensatzordner, Bilderordner oder YAML-Datei, die geöffnet wird.</translation>
    </message>
    <message>
        <source>Run on</source>
        <translation>Rechnen auf</translation>
    </message>
    <message>
        <source>Run: %1</source>
        <translation>Lauf: %1</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>Läuft</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>Läufe</translation>
    </message>
    <message>
        <source>Runs of one group are shown together.</source>
        <translation>Läufe einer Gruppe werden zusammen gezeigt.</translation>
    </message>
    <message>
        <source>SDXL: its pooled text and its part of the context (CLIPTextModelWithProjection). Given alone, without the first, the model is a refiner.</source>
        <translation>SDXL: sein gebündelter Text und sein Teil des Kontexts (CLIPTextModelWithProjection). Allein angegeben, ohne den ersten, ist das Modell ein Refiner.</translation>
    </message>
    <message>
        <source>SDXL: of the second text encoder (CLIPTokenizer).</source>
        <translation>SDXL: der des zweiten Textencoders (CLIPTokenizer).</translation>
    </message>
    <message>
        <source>SGD</source>
        <translation>SGD</translation>
    </message>
    <message>
        <source>SHA-256</source>
        <translation>SHA-256</translation>
    </message>
    <message>
        <source>Safe with warm-up</source>
        <translation>Sicher mit Warm-up</translation>
    </message>
    <message>
        <source>Safer and slower.</source>
        <translation>Sicherer und langsamer.</translation>
    </message>
    <message>
        <source>Same form</source>
        <translation>Gleiche Form</translation>
    </message>
    <message>
        <source>Same prompt</source>
        <translation>Gleicher Prompt</translation>
    </message>
    <message>
        <source>Same prompt: %1</source>
        <translation>Gleicher Prompt: %1</translation>
    </message>
    <message>
        <source>Same settings as %1</source>
        <translation>Gleiche Einstellungen wie %1</translation>
    </message>
    <message>
        <source>Sample before the first step</source>
        <translation>Beispielbilder vor dem ersten Schritt</translation>
    </message>
    <message>
        <source>Sample every</source>
        <translation>Beispielbilder alle</translation>
    </message>
    <message>
        <source>Sample from it…</source>
        <translation>Bilder daraus…</translation>
    </message>
    <message>
        <source>Sample from step %1</source>
        <translation>Bilder aus Schritt %1</translation>
    </message>
    <message>
        <source>Sample from the checkpoint of step %1</source>
        <translation>Bilder aus dem Checkpoint von Schritt %1</translation>
    </message>
    <message>
        <source>Sample now</source>
        <translation>Jetzt Bilder</translation>
    </message>
    <message>
        <source>Sample pictures</source>
        <translation>Beispielbilder</translation>
    </message>
    <message>
        <source>Sample prompts</source>
        <translation>Beispiel-Prompts</translation>
    </message>
    <message>
        <source>Sample seed</source>
        <translation>Seed der Beispielbilder</translation>
    </message>
    <message>
        <source>Sample, large view</source>
        <translation>Beispielbild, große Ansicht</translation>
    </message>
    <message>
        <source>Sampler</source>
        <translation>Sampler</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>Beispielbilder</translation>
    </message>
    <message>
        <source>Samples</source>
        <comment>of a shard</comment>
        <translation>Beispiele</translation>
    </message>
    <message>
        <source>Samples are mixed better; more disk.</source>
        <translation>Beispiele sind besser gemischt; mehr Plattenplatz.</translation>
    </message>
    <message>
        <source>Samples at step %1</source>
        <translation>Beispielbilder bei Schritt %1</translation>
    </message>
    <message>
        <source>Samples by prompt and step</source>
        <translation>Beispielbilder nach Prompt und Schritt</translation>
    </message>
    <message>
        <source>Samples by run and step</source>
        <translation>Beispielbilder nach Lauf und Schritt</translation>
    </message>
    <message>
        <source>Samples cannot be shown.</source>
        <translation>Beispielbilder lassen sich nicht zeigen.</translation>
    </message>
    <message>
        <source>Sampling steps</source>
        <translation>Schritte je Bild</translation>
    </message>
    <message>
        <source>Saturation at random</source>
        <translation>Sättigung zufällig</translation>
    </message>
    <message>
        <source>Saturation is multiplied by a factor drawn from 1 − this … 1 + this.</source>
        <translation>Die Sättigung wird mit einem Faktor vervielfacht, gezogen aus 1 − diesem Wert … 1 + diesem Wert.</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Save CSV…</source>
        <translation>CSV speichern…</translation>
    </message>
    <message>
        <source>Save PNG…</source>
        <translation>PNG speichern…</translation>
    </message>
    <message>
        <source>Save SVG…</source>
        <translation>SVG speichern…</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>Speichern als…</translation>
    </message>
    <message>
        <source>Save now</source>
        <translation>Jetzt speichern</translation>
    </message>
    <message>
        <source>Save picture</source>
        <translation>Bild speichern</translation>
    </message>
    <message>
        <source>Save picture…</source>
        <translation>Bild speichern…</translation>
    </message>
    <message>
        <source>Save report (HTML)…</source>
        <translation>Bericht speichern (HTML)…</translation>
    </message>
    <message>
        <source>Save the configuration</source>
        <translation>Konfiguration speichern</translation>
    </message>
    <message>
        <source>Saved to %1.</source>
        <translation>Unter %1 gespeichert.</translation>
    </message>
    <message>
        <source>Scan</source>
        <translation>Einlesen</translation>
    </message>
    <message>
        <source>Schedule</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Schedule stored in the saved pipeline and used for sample pictures.</source>
        <translation>Rauschplan, der in der gespeicherten Pipeline steht und für Beispielbilder gilt.</translation>
    </message>
    <message>
        <source>Second text encoder</source>
        <translation>Zweiter Textencoder</translation>
    </message>
    <message>
        <source>Second tokenizer</source>
        <translation>Zweiter Tokenizer</translation>
    </message>
    <message>
        <source>Seconds between two uploads to a tracking service.</source>
        <translation>Sekunden zwischen zwei Uploads zu einem Tracking-Dienst.</translation>
    </message>
    <message>
        <source>Sections</source>
        <translation>Abschnitte</translation>
    </message>
    <message>
        <source>See what it is</source>
        <translation>Nachsehen, was es ist</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <source>Seed %1</source>
        <translation>Seed %1</translation>
    </message>
    <message>
        <source>Select a picture to see it, write its caption and know what training will get.</source>
        <translation>Ein Bild auswählen, um es zu sehen, zu beschriften und zu wissen, was das Training bekommt.</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>Alles auswählen</translation>
    </message>
    <message>
        <source>Sentences about a style</source>
        <translation>Sätze über einen Stil</translation>
    </message>
    <message>
        <source>Sentences about an object</source>
        <translation>Sätze über einen Gegenstand</translation>
    </message>
    <message>
        <source>Set</source>
        <translation>Setzen</translation>
    </message>
    <message>
        <source>Set %1</source>
        <translation>%1 setzen</translation>
    </message>
    <message>
        <source>Set by the engine to &lt;log folder&gt;/&lt;name&gt;; a value given here is replaced.</source>
        <translation>Die Engine setzt &lt;Protokollordner&gt;/&lt;Name&gt; ein; ein hier angegebener Wert wird ersetzt.</translation>
    </message>
    <message>
        <source>Set-up lines</source>
        <translation>Vorbereitende Zeilen</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Settings that differ</source>
        <translation>Unterschiedliche Einstellungen</translation>
    </message>
    <message>
        <source>Settings that differ, and results</source>
        <translation>Unterschiedliche Einstellungen und Ergebnisse</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>Einstellungen…</translation>
    </message>
    <message>
        <source>Several devices</source>
        <translation>Mehrere Geräte</translation>
    </message>
    <message>
        <source>Several subjects</source>
        <translation>Mehrere Motive</translation>
    </message>
    <message>
        <source>Shape</source>
        <translation>Form</translation>
    </message>
    <message>
        <source>Shapes</source>
        <translation>Formen</translation>
    </message>
    <message>
        <source>Shard</source>
        <translation>Shard</translation>
    </message>
    <message>
        <source>Shards</source>
        <translation>Shards</translation>
    </message>
    <message>
        <source>Shards at hand</source>
        <translation>Shards auf Vorrat</translation>
    </message>
    <message>
        <source>Shards of their own for validation, instead of a share.</source>
        <translation>Eigene Shards für die Validierung statt eines Anteils.</translation>
    </message>
    <message>
        <source>Shards of version %1</source>
        <translation>Shards von Version %1</translation>
    </message>
    <message>
        <source>Shards with classes</source>
        <translation>Shards mit Klassen</translation>
    </message>
    <message>
        <source>Share nodes with no other job.</source>
        <translation>Knoten mit keinem anderen Auftrag teilen.</translation>
    </message>
    <message>
        <source>Share of samples trained with an empty caption; guidance when sampling needs some.</source>
        <translation>Anteil der Beispiele, die mit leerer Beschriftung trainiert werden; Guidance beim Erzeugen braucht einige.</translation>
    </message>
    <message>
        <source>Share of the last update's direction that SGD goes on with.</source>
        <translation>Anteil der Richtung des letzten Updates, mit dem SGD weitergeht.</translation>
    </message>
    <message>
        <source>Share of the samples that is never trained on; the loss over it, always with the same noise, shows when a run begins to memorise.</source>
        <translation>Anteil der Beispiele, auf denen nie trainiert wird; der Loss darüber, immer mit demselben Rauschen, zeigt, wann ein Lauf auswendig zu lernen beginnt.</translation>
    </message>
    <message>
        <source>Share of the tags that are left out, drawn anew at every visit.</source>
        <translation>Anteil der Tags, die weggelassen werden, bei jedem Besuch neu gezogen.</translation>
    </message>
    <message>
        <source>Shared model path</source>
        <translation>Gemeinsamer Modellpfad</translation>
    </message>
    <message>
        <source>Sharper detail, some of it invented.</source>
        <translation>Schärfere Einzelheiten, manche erfunden.</translation>
    </message>
    <message>
        <source>Sharper edges.</source>
        <translation>Schärfere Kanten.</translation>
    </message>
    <message>
        <source>Sharper reconstructions, wilder latents.</source>
        <translation>Schärfere Rekonstruktionen, wildere Latents.</translation>
    </message>
    <message>
        <source>Short side</source>
        <translation>Kurze Seite</translation>
    </message>
    <message>
        <source>Shorten its caption</source>
        <translation>Beschriftung kürzen</translation>
    </message>
    <message>
        <source>Shorter pauses.</source>
        <translation>Kürzere Pausen.</translation>
    </message>
    <message>
        <source>Shorter side at least</source>
        <translation>Kürzere Seite mindestens</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Show all %1</source>
        <translation>Alle %1 zeigen</translation>
    </message>
    <message>
        <source>Show all settings</source>
        <translation>Alle Einstellungen zeigen</translation>
    </message>
    <message>
        <source>Show another run</source>
        <translation>Einen anderen Lauf zeigen</translation>
    </message>
    <message>
        <source>Show everything</source>
        <translation>Alles zeigen</translation>
    </message>
    <message>
        <source>Show file</source>
        <translation>Datei zeigen</translation>
    </message>
    <message>
        <source>Show in files</source>
        <translation>Im Dateimanager zeigen</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Show in images</source>
        <translation>In Bildern zeigen</translation>
    </message>
    <message>
        <source>Show it</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Show log</source>
        <translation>Protokoll zeigen</translation>
    </message>
    <message>
        <source>Show the job %1</source>
        <translation>Den Auftrag %1 zeigen</translation>
    </message>
    <message>
        <source>Show the mask over the picture</source>
        <translation>Maske über dem Bild zeigen</translation>
    </message>
    <message>
        <source>Show the newest</source>
        <translation>Die neuesten zeigen</translation>
    </message>
    <message>
        <source>Shuffle tags</source>
        <translation>Tags mischen</translation>
    </message>
    <message>
        <source>Side of the sample pictures; absent: the training resolution.</source>
        <translation>Seitenlänge der Beispielbilder; ohne Angabe: die Trainingsauflösung.</translation>
    </message>
    <message>
        <source>Sides of the sizes are multiples of this.</source>
        <translation>Die Seiten der Größen sind Vielfache davon.</translation>
    </message>
    <message>
        <source>Signal-to-noise ratio above which samples stop counting more.</source>
        <translation>Signal-Rausch-Verhältnis, über dem Beispiele nicht mehr stärker zählen.</translation>
    </message>
    <message>
        <source>Single-file checkpoint</source>
        <translation>Checkpoint in einer Datei</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Size of a square</source>
        <translation>Größe eines Quadrats</translation>
    </message>
    <message>
        <source>Skip the step</source>
        <translation>Schritt überspringen</translation>
    </message>
    <message>
        <source>Smaller and more general.</source>
        <translation>Kleiner und allgemeiner.</translation>
    </message>
    <message>
        <source>Smaller files, quicker to read. Pictures smaller than this stay as they are.</source>
        <translation>Kleinere Dateien, schneller gelesen. Kleinere Bilder bleiben, wie sie sind.</translation>
    </message>
    <message>
        <source>Smaller logs.</source>
        <translation>Kleinere Protokolle.</translation>
    </message>
    <message>
        <source>Smallest timestep that is trained on.</source>
        <translation>Kleinster Zeitschritt, der trainiert wird.</translation>
    </message>
    <message>
        <source>Smooth</source>
        <translation>Glätten</translation>
    </message>
    <message>
        <source>Smoother gradients and better use of the device; more memory.</source>
        <translation>Glattere Gradienten und bessere Auslastung des Geräts; mehr Speicher.</translation>
    </message>
    <message>
        <source>Smoother latents, blurrier reconstructions.</source>
        <translation>Glattere Latents, unschärfere Rekonstruktionen.</translation>
    </message>
    <message>
        <source>Smoother networks; too high and they cannot fit.</source>
        <translation>Glattere Netze; zu hoch, und sie können sich nicht anpassen.</translation>
    </message>
    <message>
        <source>Smoother; needs a longer run to catch up.</source>
        <translation>Glatter; braucht einen längeren Lauf, um aufzuholen.</translation>
    </message>
    <message>
        <source>Smoothing</source>
        <translation>Glättung</translation>
    </message>
    <message>
        <source>Smoothing of the bold line. It looks both ways, so it does not lag.</source>
        <translation>Glättung der dicken Linie. Sie blickt in beide Richtungen und hinkt daher nicht nach.</translation>
    </message>
    <message>
        <source>So long before the time limit the run saves a checkpoint and asks to be started again. SLURM may warn up to a minute earlier.</source>
        <translation>So lange vor der Zeitgrenze sichert der Lauf einen Checkpoint und bittet um einen neuen Start. SLURM warnt bis zu einer Minute früher.</translation>
    </message>
    <message>
        <source>Something is missing: %1</source>
        <translation>Etwas fehlt: %1</translation>
    </message>
    <message>
        <source>Sort</source>
        <translation>Sortieren</translation>
    </message>
    <message>
        <source>Sort: %1</source>
        <translation>Nach: %1</translation>
    </message>
    <message>
        <source>Sources</source>
        <translation>Quellen</translation>
    </message>
    <message>
        <source>Sources and filters</source>
        <translation>Quellen und Filter</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>Spread of the logit-normal draw.</source>
        <translation>Streuung der Logit-Normal-Ziehung.</translation>
    </message>
    <message>
        <source>Squared</source>
        <translation>Quadriert</translation>
    </message>
    <message>
        <source>Squared (MSE)</source>
        <translation>Quadriert (MSE)</translation>
    </message>
    <message>
        <source>Stages of the build</source>
        <translation>Stufen des Builds</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>Start</translation>
    </message>
    <message>
        <source>Start EMA from</source>
        <translation>EMA beginnen mit</translation>
    </message>
    <message>
        <source>Start again</source>
        <translation>Noch einmal starten</translation>
    </message>
    <message>
        <source>Start from</source>
        <translation>Ausgehen von</translation>
    </message>
    <message>
        <source>Start from a template</source>
        <translation>Mit einer Vorlage beginnen</translation>
    </message>
    <message>
        <source>Start new run</source>
        <translation>Neuen Lauf starten</translation>
    </message>
    <message>
        <source>Start now</source>
        <translation>Jetzt starten</translation>
    </message>
    <message>
        <source>Start one from this</source>
        <translation>Daraus einen starten</translation>
    </message>
    <message numerus="yes">
        <source>Start with %n warning(s)</source>
        <translation><numerusform>Mit %n Warnung starten</numerusform><numerusform>Mit %n Warnungen starten</numerusform></translation>
    </message>
    <message>
        <source>Started %1: %2 on %3, %4, config %5</source>
        <translation>%1 gestartet: %2 auf %3, %4, Konfiguration %5</translation>
    </message>
    <message>
        <source>Started after the runs that use or wait for its device</source>
        <translation>Startet nach den Läufen, die sein Gerät benutzen oder darauf warten</translation>
    </message>
    <message>
        <source>Started on %1</source>
        <translation>Gestartet auf %1</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>Startet</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>State: %1, step %2 of %3</source>
        <translation>Zustand: %1, Schritt %2 von %3</translation>
    </message>
    <message>
        <source>Steadier step sizes.</source>
        <translation>Ruhigere Schrittweiten.</translation>
    </message>
    <message>
        <source>Steadier, slower learning.</source>
        <translation>Ruhigeres, langsameres Lernen.</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>Schritt</translation>
    </message>
    <message>
        <source>Step %1</source>
        <translation>Schritt %1</translation>
    </message>
    <message>
        <source>Step %1 is saved and verified.</source>
        <translation>Schritt %1 ist gespeichert und geprüft.</translation>
    </message>
    <message>
        <source>Step of the sizes</source>
        <translation>Abstufung der Größen</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>Steps %1 to %2 came after this checkpoint and are trained again; until then they disappear from the curve.</source>
        <translation>Die Schritte %1 bis %2 kamen nach diesem Checkpoint und werden noch einmal trainiert; bis dahin verschwinden sie aus der Kurve.</translation>
    </message>
    <message>
        <source>Steps before the discriminator begins to learn and to be heard.</source>
        <translation>Schritte, bevor der Diskriminator zu lernen beginnt und mitredet.</translation>
    </message>
    <message>
        <source>Steps between two updates of the averages, as Stable Cascade counts; 1 is usual.</source>
        <translation>Schritte zwischen zwei Updates der Mittelwerte, wie Stable Cascade zählt; üblich ist 1.</translation>
    </message>
    <message>
        <source>Steps over which the learning rate rises from near zero to its peak.</source>
        <translation>Schritte, über die die Lernrate von fast null auf ihren Höchstwert steigt.</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Stop %1 without a checkpoint?</source>
        <translation>%1 ohne Checkpoint anhalten?</translation>
    </message>
    <message>
        <source>Stop and close</source>
        <translation>Anhalten und schließen</translation>
    </message>
    <message>
        <source>Stop it first.</source>
        <translation>Zuerst anhalten.</translation>
    </message>
    <message>
        <source>Stop the run</source>
        <translation>Den Lauf anhalten</translation>
    </message>
    <message>
        <source>Stop without checkpoint</source>
        <translation>Ohne Checkpoint anhalten</translation>
    </message>
    <message>
        <source>Stop without checkpoint…</source>
        <translation>Ohne Checkpoint anhalten…</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Stopped at step %1</source>
        <translation>Bei Schritt %1 angehalten</translation>
    </message>
    <message>
        <source>Stopped. Nothing half-written is left.</source>
        <translation>Angehalten. Nichts Halbfertiges bleibt zurück.</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>Hält an</translation>
    </message>
    <message>
        <source>Strong</source>
        <translation>Stark</translation>
    </message>
    <message>
        <source>Stronger update, as if the learning rate were higher.</source>
        <translation>Stärkeres Update, als wäre die Lernrate höher.</translation>
    </message>
    <message>
        <source>Subject</source>
        <translation>Motiv</translation>
    </message>
    <message>
        <source>Subjects that are learned together, each with its own pictures, words and class; they stand for dataset.params.path and for the keys of a single subject.</source>
        <translation>Motive, die zusammen gelernt werden, jedes mit eigenen Bildern, Wörtern und eigener Klasse; sie stehen für dataset.params.path und die Schlüssel eines einzelnen Motivs.</translation>
    </message>
    <message>
        <source>Surroundings are not learned at all.</source>
        <translation>Die Umgebung wird gar nicht gelernt.</translation>
    </message>
    <message>
        <source>Surroundings keep making sense.</source>
        <translation>Die Umgebung bleibt stimmig.</translation>
    </message>
    <message>
        <source>Suspended</source>
        <translation>Ausgesetzt</translation>
    </message>
    <message>
        <source>Suspended at step %1</source>
        <translation>Bei Schritt %1 ausgesetzt</translation>
    </message>
    <message>
        <source>System</source>
        <translation>System</translation>
    </message>
    <message>
        <source>TF32</source>
        <translation>TF32</translation>
    </message>
    <message>
        <source>Table of pictures (CSV, TSV)</source>
        <translation>Tabelle von Bildern (CSV, TSV)</translation>
    </message>
    <message>
        <source>Tag dropout</source>
        <translation>Tags weglassen</translation>
    </message>
    <message>
        <source>Tags that stay</source>
        <translation>Tags, die bleiben</translation>
    </message>
    <message>
        <source>Take %1 out</source>
        <translation>%1 herausnehmen</translation>
    </message>
    <message>
        <source>Take it out of the queue first.</source>
        <translation>Zuerst aus der Warteschlange nehmen.</translation>
    </message>
    <message>
        <source>Take off this list</source>
        <translation>Von dieser Liste nehmen</translation>
    </message>
    <message>
        <source>Take out of the queue</source>
        <translation>Aus der Warteschlange nehmen</translation>
    </message>
    <message>
        <source>Take the averaged UNet</source>
        <translation>Das gemittelte UNet nehmen</translation>
    </message>
    <message>
        <source>Take those beside it</source>
        <translation>Die daneben nehmen</translation>
    </message>
    <message>
        <source>Takes hold when the window is made anew.</source>
        <translation>Gilt, sobald das Fenster neu aufgebaut ist.</translation>
    </message>
    <message>
        <source>Target folder</source>
        <translation>Zielordner</translation>
    </message>
    <message>
        <source>Teaches a base model a style, a subject or a character as a small adapter file; the base model stays as it is.</source>
        <translation>Bringt einem Basismodell einen Stil, ein Motiv oder eine Figur als kleine Adapterdatei bei; das Basismodell bleibt, wie es ist.</translation>
    </message>
    <message>
        <source>Teaches a base model one subject (a person, a pet, a thing) from 3 to 30 pictures, under a word of its own.</source>
        <translation>Bringt einem Basismodell ein Motiv (eine Person, ein Haustier, einen Gegenstand) aus 3 bis 30 Bildern bei, unter einem eigenen Wort.</translation>
    </message>
    <message>
        <source>Teaches a base model your pictures and captions by training its whole UNet.</source>
        <translation>Bringt einem Basismodell Bilder und Beschriftungen bei, indem sein ganzes UNet trainiert wird.</translation>
    </message>
    <message>
        <source>Teaches a new word and a LoRA together: the word says what is meant, the adapter how it looks.</source>
        <translation>Bringt ein neues Wort und eine LoRA zusammen bei: Das Wort sagt, was gemeint ist, der Adapter, wie es aussieht.</translation>
    </message>
    <message>
        <source>Teaches the text encoder one new word for an object or a style; no network changes, and the file has a few kilobytes.</source>
        <translation>Bringt dem Textencoder ein neues Wort für einen Gegenstand oder einen Stil bei; kein Netz ändert sich, und die Datei hat wenige Kilobyte.</translation>
    </message>
    <message>
        <source>Tensor</source>
        <translation>Tensor</translation>
    </message>
    <message>
        <source>TensorBoard files</source>
        <translation>TensorBoard-Dateien</translation>
    </message>
    <message>
        <source>Tensors</source>
        <translation>Tensoren</translation>
    </message>
    <message>
        <source>Tensors %1</source>
        <translation>Tensoren %1</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>Text</translation>
    </message>
    <message>
        <source>Text cache</source>
        <translation>Text-Cache</translation>
    </message>
    <message>
        <source>Text encoder</source>
        <translation>Textencoder</translation>
    </message>
    <message>
        <source>Text size</source>
        <translation>Textgröße</translation>
    </message>
    <message>
        <source>Textual inversion</source>
        <translation>Textual inversion</translation>
    </message>
    <message>
        <source>Textures that look right, pixels that match less.</source>
        <translation>Texturen, die echt wirken, Pixel, die weniger stimmen.</translation>
    </message>
    <message>
        <source>That run keeps its own configuration. What is different stands under Changes.</source>
        <translation>Jener Lauf behält seine eigene Konfiguration. Was anders ist, steht unter Änderungen.</translation>
    </message>
    <message>
        <source>The base model was not set.</source>
        <translation>Das Basismodell wurde nicht gesetzt.</translation>
    </message>
    <message>
        <source>The build did not end well</source>
        <translation>Der Build ist nicht gut ausgegangen</translation>
    </message>
    <message>
        <source>The dataset could not be read: pictures of the configured size stood in for it.</source>
        <translation>Der Datensatz war nicht lesbar: Bilder der eingestellten Größe standen für ihn ein.</translation>
    </message>
    <message>
        <source>The denoising network (UNet2DConditionModel).</source>
        <translation>Das entrauschende Netz (UNet2DConditionModel).</translation>
    </message>
    <message>
        <source>The difference to the model that it was trained from, in low rank</source>
        <translation>Der Unterschied zu dem Modell, aus dem es trainiert wurde, mit niedrigem Rang</translation>
    </message>
    <message>
        <source>The discriminator's weight is multiplied by the ratio of the two gradients at the decoder's end, so that neither drowns the other.</source>
        <translation>Das Gewicht des Diskriminators wird mit dem Verhältnis der beiden Gradienten am Ende des Decoders vervielfacht, damit keiner den anderen übertönt.</translation>
    </message>
    <message>
        <source>The engine continues a run from its newest checkpoint, which is of step %1. From this one a new run begins.</source>
        <translation>Die Engine setzt einen Lauf von seinem neuesten Checkpoint fort, dem von Schritt %1. Von diesem aus beginnt ein neuer Lauf.</translation>
    </message>
    <message>
        <source>The engine ended at step %1 without a word.</source>
        <translation>Die Engine endete bei Schritt %1 ohne ein Wort.</translation>
    </message>
    <message>
        <source>The engine ended before it answered.</source>
        <translation>Die Engine endete, bevor sie antwortete.</translation>
    </message>
    <message>
        <source>The engine ended before it began</source>
        <translation>Die Engine endete, bevor sie begann</translation>
    </message>
    <message>
        <source>The engine ended during “%1” without saying why: it was killed, or memory ran out.</source>
        <translation>Die Engine endete während „%1“, ohne einen Grund zu nennen: Sie wurde beendet, oder der Speicher reichte nicht.</translation>
    </message>
    <message>
        <source>The engine has not written a log yet.</source>
        <translation>Die Engine hat noch kein Protokoll geschrieben.</translation>
    </message>
    <message>
        <source>The engine is not ready.</source>
        <translation>Die Engine ist nicht bereit.</translation>
    </message>
    <message>
        <source>The engine is still being looked for.</source>
        <translation>Die Engine wird noch gesucht.</translation>
    </message>
    <message>
        <source>The engine was told to end during “%1”, by a shutdown or a time limit.</source>
        <translation>Der Engine wurde während „%1“ das Ende befohlen, durch ein Herunterfahren oder eine Zeitgrenze.</translation>
    </message>
    <message>
        <source>The file has two: the plain weights go on training better, the average of the last steps often makes better pictures.</source>
        <translation>Die Datei hat zweierlei: Die einfachen Gewichte lassen sich besser weitertrainieren, das Mittel der letzten Schritte macht oft bessere Bilder.</translation>
    </message>
    <message>
        <source>The file's name is the token.</source>
        <translation>Der Dateiname ist das Token.</translation>
    </message>
    <message>
        <source>The first %1 runs are compared.</source>
        <translation>Die ersten %1 Läufe werden verglichen.</translation>
    </message>
    <message>
        <source>The first so many tags keep their place and are never dropped: the trigger word.</source>
        <translation>So viele der ersten Tags behalten ihren Platz und werden nie weggelassen: das Auslösewort.</translation>
    </message>
    <message>
        <source>The folder %1 cannot be read: permission denied. Check its permissions.</source>
        <translation>Der Ordner %1 ist nicht lesbar: kein Zugriffsrecht. Seine Rechte prüfen.</translation>
    </message>
    <message>
        <source>The folder of the runs cannot be read.</source>
        <translation>Der Ordner der Läufe ist nicht lesbar.</translation>
    </message>
    <message>
        <source>The hue is turned by a share of the colour circle drawn from −this … this.</source>
        <translation>Der Farbton wird um einen Anteil des Farbkreises gedreht, gezogen aus −diesem Wert … diesem Wert.</translation>
    </message>
    <message>
        <source>The largest singular values are kept</source>
        <translation>Die größten Singulärwerte bleiben</translation>
    </message>
    <message>
        <source>The last checkpoint is of step %1. The %2 steps since then are lost.</source>
        <translation>Der letzte Checkpoint ist von Schritt %1. Die %2 Schritte seither sind verloren.</translation>
    </message>
    <message>
        <source>The length of the run is not given yet.</source>
        <translation>Die Länge des Laufs ist noch nicht angegeben.</translation>
    </message>
    <message>
        <source>The log says more: %1</source>
        <translation>Mehr steht im Protokoll: %1</translation>
    </message>
    <message>
        <source>The log's last lines may tell why.</source>
        <translation>Die letzten Zeilen des Protokolls sagen vielleicht, warum.</translation>
    </message>
    <message>
        <source>The machine may be out of memory: ask for less at once.</source>
        <translation>Vielleicht hat der Rechner keinen Speicher mehr: weniger auf einmal verlangen.</translation>
    </message>
    <message>
        <source>The mask of each sample</source>
        <translation>Die Maske jedes Beispiels</translation>
    </message>
    <message>
        <source>The model does better where it is given no condition.</source>
        <translation>Das Modell kann mehr, wo es keine Bedingung bekommt.</translation>
    </message>
    <message>
        <source>The model keeps its idea of the class; each step takes twice as long.</source>
        <translation>Das Modell behält seine Vorstellung der Klasse; jeder Schritt dauert doppelt so lange.</translation>
    </message>
    <message>
        <source>The model keeps making whole pictures from text.</source>
        <translation>Das Modell macht weiterhin ganze Bilder aus Text.</translation>
    </message>
    <message>
        <source>The model's own</source>
        <translation>Die des Modells</translation>
    </message>
    <message>
        <source>The name is a folder's: no slash in it, no dot before it, at most 200 letters.</source>
        <translation>Der Name ist der eines Ordners: kein Schrägstrich darin, kein Punkt davor, höchstens 200 Zeichen.</translation>
    </message>
    <message>
        <source>The networks and where they come from.</source>
        <translation>Die Netze und woher sie kommen.</translation>
    </message>
    <message>
        <source>The new run needs a name.</source>
        <translation>Der neue Lauf braucht einen Namen.</translation>
    </message>
    <message>
        <source>The newest edits are not saved, so a build would go without them</source>
        <translation>Die neuesten Änderungen sind nicht gespeichert, ein Build ginge also ohne sie</translation>
    </message>
    <message>
        <source>The parts of a caption between commas come in another order at every visit.</source>
        <translation>Die Teile einer Beschriftung zwischen Kommas kommen bei jedem Besuch in anderer Reihenfolge.</translation>
    </message>
    <message>
        <source>The pattern is in the clipboard.</source>
        <translation>Das Muster ist in der Zwischenablage.</translation>
    </message>
    <message>
        <source>The picture in coarse squares</source>
        <translation>Das Bild in groben Quadraten</translation>
    </message>
    <message>
        <source>The pictures appear here.</source>
        <translation>Die Bilder erscheinen hier.</translation>
    </message>
    <message>
        <source>The pictures' own captions</source>
        <translation>Die eigenen Beschriftungen der Bilder</translation>
    </message>
    <message>
        <source>The queue is paused.</source>
        <translation>Die Warteschlange ist angehalten.</translation>
    </message>
    <message>
        <source>The queue stays as it is.</source>
        <translation>Die Warteschlange bleibt, wie sie ist.</translation>
    </message>
    <message>
        <source>The report is in the clipboard.</source>
        <translation>Der Bericht ist in der Zwischenablage.</translation>
    </message>
    <message>
        <source>The result is read again and compared before it takes its name</source>
        <translation>Das Ergebnis wird wieder gelesen und verglichen, bevor es seinen Namen bekommt</translation>
    </message>
    <message>
        <source>The rough beginning is no part of the averages.</source>
        <translation>Der holprige Anfang gehört nicht zu den Mittelwerten.</translation>
    </message>
    <message>
        <source>The rule was not kept.</source>
        <translation>Die Regel wurde nicht behalten.</translation>
    </message>
    <message>
        <source>The run folder cannot be read.</source>
        <translation>Der Laufordner ist nicht lesbar.</translation>
    </message>
    <message>
        <source>The run is called %1: %2 exists already.</source>
        <translation>Der Lauf heißt %1: %2 gibt es schon.</translation>
    </message>
    <message>
        <source>The run is not disturbed, but shares the machine with them.</source>
        <translation>Der Lauf wird nicht gestört, teilt aber den Rechner mit ihnen.</translation>
    </message>
    <message>
        <source>The same seed and settings give the same pictures</source>
        <translation>Gleicher Seed und gleiche Einstellungen ergeben gleiche Bilder</translation>
    </message>
    <message>
        <source>The same tensors under the same names, in another precision or out of a pickle.</source>
        <translation>Dieselben Tensoren unter denselben Namen, in anderer Genauigkeit oder aus einem Pickle heraus.</translation>
    </message>
    <message>
        <source>The shorter side may be %1 px.</source>
        <translation>Die kürzere Seite darf %1 px haben.</translation>
    </message>
    <message>
        <source>The subject's pictures: a folder of them, a folder in kohya's layout (sub-folders such as "10_sks dog"), or shards.</source>
        <translation>Die Bilder des Motivs: ein Ordner mit Bildern, ein Ordner nach Art von kohya (Unterordner wie „10_sks dog“) oder Shards.</translation>
    </message>
    <message>
        <source>The token stands in the file.</source>
        <translation>Das Token steht in der Datei.</translation>
    </message>
    <message>
        <source>The update is scaled by alpha / rank.</source>
        <translation>Das Update wird mit Alpha / Rang skaliert.</translation>
    </message>
    <message>
        <source>The update is scaled by alpha / √rank instead of alpha / rank.</source>
        <translation>Das Update wird mit Alpha / √Rang statt Alpha / Rang skaliert.</translation>
    </message>
    <message>
        <source>The whole network (state dict of lpips.LPIPS, net vgg), or the package's vgg.pth, with loss.lpips_backbone.</source>
        <translation>Das ganze Netz (State Dict von lpips.LPIPS, net vgg) oder vgg.pth aus dem Paket, zusammen mit loss.lpips_backbone.</translation>
    </message>
    <message>
        <source>The word cannot outweigh the rest of a prompt.</source>
        <translation>Das Wort kann den Rest eines Prompts nicht überstimmen.</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Farbschema</translation>
    </message>
    <message>
        <source>There are no pictures in this folder.</source>
        <translation>In diesem Ordner sind keine Bilder.</translation>
    </message>
    <message>
        <source>There are no templates</source>
        <translation>Es gibt keine Vorlagen</translation>
    </message>
    <message>
        <source>There is no checkpoint on disk any more.</source>
        <translation>Kein Checkpoint ist mehr auf der Platte.</translation>
    </message>
    <message>
        <source>There is no filter %1.</source>
        <translation>Den Filter %1 gibt es nicht.</translation>
    </message>
    <message>
        <source>There is no filter %1. Did you mean %2?</source>
        <translation>Den Filter %1 gibt es nicht. War %2 gemeint?</translation>
    </message>
    <message>
        <source>There is no other run</source>
        <translation>Es gibt keinen anderen Lauf</translation>
    </message>
    <message>
        <source>There is nothing at this path.</source>
        <translation>An diesem Pfad ist nichts.</translation>
    </message>
    <message>
        <source>These are captions without pictures. Open the dataset with their pictures, then drop them again.</source>
        <translation>Das sind Beschriftungen ohne Bilder. Den Datensatz mit ihren Bildern öffnen, dann noch einmal hierher ziehen.</translation>
    </message>
    <message>
        <source>They are kept in %1.</source>
        <translation>Sie bleiben in %1.</translation>
    </message>
    <message>
        <source>They come with the studio, in share/atelier/templates, and were not found there. Install the studio again, or open a YAML file of yours with Ctrl+O.</source>
        <translation>Sie gehören zum Studio, in share/atelier/templates, und waren dort nicht zu finden. Das Studio neu installieren oder mit Strg+O eine eigene YAML-Datei öffnen.</translation>
    </message>
    <message>
        <source>This computer</source>
        <translation>Dieser Rechner</translation>
    </message>
    <message>
        <source>This dataset is no longer there: it was renamed, moved or removed</source>
        <translation>Diesen Datensatz gibt es nicht mehr: Er wurde umbenannt, verschoben oder entfernt</translation>
    </message>
    <message>
        <source>This file is not opened.</source>
        <translation>Diese Datei wird nicht geöffnet.</translation>
    </message>
    <message>
        <source>This is the default</source>
        <translation>Das ist die Vorgabe</translation>
    </message>
    <message>
        <source>This must be given.</source>
        <translation>Das muss angegeben werden.</translation>
    </message>
    <message>
        <source>This picture cannot be decoded: %1</source>
        <translation>Dieses Bild lässt sich nicht dekodieren: %1</translation>
    </message>
    <message>
        <source>This run was written by a newer Atelier; part of it cannot be shown. Open it with that version.</source>
        <translation>Diesen Lauf hat ein neueres Atelier geschrieben; ein Teil lässt sich nicht zeigen. Mit jener Version öffnen.</translation>
    </message>
    <message>
        <source>This subject is seen more often than the others.</source>
        <translation>Dieses Motiv wird öfter gesehen als die anderen.</translation>
    </message>
    <message>
        <source>Threads per device that read and decode images.</source>
        <translation>Threads je Gerät, die Bilder lesen und dekodieren.</translation>
    </message>
    <message>
        <source>Throughput</source>
        <translation>Durchsatz</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Time left</source>
        <translation>Restzeit</translation>
    </message>
    <message>
        <source>Time limit</source>
        <translation>Zeitgrenze</translation>
    </message>
    <message>
        <source>Time of a step by part</source>
        <translation>Zeit eines Schritts nach Teilen</translation>
    </message>
    <message>
        <source>Timestep mean</source>
        <translation>Mitte der Zeitschritte</translation>
    </message>
    <message>
        <source>Timestep spread</source>
        <translation>Streuung der Zeitschritte</translation>
    </message>
    <message>
        <source>Timesteps</source>
        <translation>Zeitschritte</translation>
    </message>
    <message>
        <source>To the YAML</source>
        <translation>Zum YAML</translation>
    </message>
    <message>
        <source>To the form</source>
        <translation>Zum Formular</translation>
    </message>
    <message>
        <source>Tokenizer</source>
        <translation>Tokenizer</translation>
    </message>
    <message>
        <source>Tokenizer from</source>
        <translation>Tokenizer aus</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>Tokens</translation>
    </message>
    <message>
        <source>Tokens used</source>
        <translation>Benutzte Tokens</translation>
    </message>
    <message>
        <source>Too small</source>
        <translation>Zu klein</translation>
    </message>
    <message>
        <source>Total number of images seen before the run ends, repeats counted, over all devices. Divided by the effective batch it gives the number of steps.</source>
        <translation>Gesamtzahl der Bilder bis zum Ende des Laufs, Wiederholungen mitgezählt, über alle Geräte. Geteilt durch den effektiven Batch ergibt sie die Zahl der Schritte.</translation>
    </message>
    <message>
        <source>Tracking service; absent: not used.</source>
        <translation>Tracking-Dienst; ohne Angabe: keiner.</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>Trainieren</translation>
    </message>
    <message>
        <source>Train an autoencoder</source>
        <translation>Einen Autoencoder trainieren</translation>
    </message>
    <message>
        <source>Train from scratch</source>
        <translation>Von null trainieren</translation>
    </message>
    <message>
        <source>Train it anyway</source>
        <translation>Trotzdem trainieren</translation>
    </message>
    <message>
        <source>Train on %1</source>
        <translation>Auf %1 trainieren</translation>
    </message>
    <message>
        <source>Train on these shards</source>
        <translation>Auf diesen Shards trainieren</translation>
    </message>
    <message>
        <source>Train on this</source>
        <translation>Darauf trainieren</translation>
    </message>
    <message>
        <source>Train on this version</source>
        <translation>Auf dieser Version trainieren</translation>
    </message>
    <message>
        <source>Train the text encoder</source>
        <translation>Textencoder trainieren</translation>
    </message>
    <message>
        <source>Train until step</source>
        <translation>Trainieren bis Schritt</translation>
    </message>
    <message>
        <source>Trained</source>
        <translation>Trainiert</translation>
    </message>
    <message>
        <source>Trained at</source>
        <translation>Trainiert bei</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>Training loss is not quality. Trust the samples and the validation loss.</source>
        <translation>Trainings-Loss ist nicht Qualität. Verlass ist auf Beispielbilder und Validierungs-Loss.</translation>
    </message>
    <message>
        <source>Training needs a tokenizer, and no pipeline folder is known to take one from. Choose one, or download one first.</source>
        <translation>Training braucht einen Tokenizer, und kein Pipeline-Ordner ist bekannt, der einen hätte. Einen wählen oder zuerst herunterladen.</translation>
    </message>
    <message>
        <source>Training takes a pipeline folder: the file is converted first and stays as it is</source>
        <translation>Training braucht einen Pipeline-Ordner: Die Datei wird zuerst umgewandelt und bleibt, wie sie ist</translation>
    </message>
    <message>
        <source>Trains a model that fills in what a mask covers; from a text-to-image model or from an inpainting model.</source>
        <translation>Trainiert ein Modell, das füllt, was eine Maske bedeckt; aus einem Text-zu-Bild-Modell oder einem Inpainting-Modell.</translation>
    </message>
    <message>
        <source>Trains a network that steers a base model by condition pictures, such as edges; the base model stays as it is.</source>
        <translation>Trainiert ein Netz, das ein Basismodell durch Bedingungsbilder wie Kanten lenkt; das Basismodell bleibt, wie es ist.</translation>
    </message>
    <message>
        <source>Try %1</source>
        <translation>%1 ausprobieren</translation>
    </message>
    <message>
        <source>Try a prompt</source>
        <translation>Einen Prompt ausprobieren</translation>
    </message>
    <message>
        <source>Try a prompt…</source>
        <translation>Einen Prompt ausprobieren…</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal versuchen</translation>
    </message>
    <message>
        <source>Try again in a moment.</source>
        <translation>Gleich noch einmal versuchen.</translation>
    </message>
    <message>
        <source>Try it on this computer</source>
        <translation>Auf diesem Rechner ausprobieren</translation>
    </message>
    <message>
        <source>Try it with the demo</source>
        <translation>Mit der Vorführung ausprobieren</translation>
    </message>
    <message>
        <source>Turns captions into token numbers (CLIPTokenizer or T5Tokenizer).</source>
        <translation>Macht aus Beschriftungen Token-Nummern (CLIPTokenizer oder T5Tokenizer).</translation>
    </message>
    <message>
        <source>Turns pictures into latents and back (AutoencoderKL).</source>
        <translation>Macht aus Bildern Latents und zurück (AutoencoderKL).</translation>
    </message>
    <message>
        <source>Turns token numbers into what the UNet attends to (CLIPTextModel or T5EncoderModel).</source>
        <translation>Macht aus Token-Nummern das, worauf das UNet achtet (CLIPTextModel oder T5EncoderModel).</translation>
    </message>
    <message>
        <source>Two captions</source>
        <translation>Zwei Beschriftungen</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>Type an action, page, dataset, run or setting</source>
        <translation>Aktion, Seite, Datensatz, Lauf oder Einstellung eintippen</translation>
    </message>
    <message>
        <source>Typing</source>
        <translation>Tippen</translation>
    </message>
    <message>
        <source>UNet</source>
        <translation>UNet</translation>
    </message>
    <message>
        <source>UNet %1 px</source>
        <translation>UNet %1 px</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>UniPC</source>
        <translation>UniPC</translation>
    </message>
    <message>
        <source>Uniform</source>
        <translation>Gleichverteilt</translation>
    </message>
    <message>
        <source>Unreadable</source>
        <translation>Unlesbar</translation>
    </message>
    <message>
        <source>Until this step the averages are copies of the weights.</source>
        <translation>Bis zu diesem Schritt sind die Mittelwerte Kopien der Gewichte.</translation>
    </message>
    <message>
        <source>Update rule. What it keeps in memory per trained weight: adamw 8 bytes, adamw_8bit 2, lion 4, sgd none (4 with momentum), adafactor less than 1, prodigy 16. Prodigy finds its own step size; its learning rate is a factor, usually 1.</source>
        <translation>Update-Regel. Was sie je trainiertem Gewicht im Speicher hält: adamw 8 Byte, adamw_8bit 2, lion 4, sgd nichts (4 mit Momentum), adafactor weniger als 1, prodigy 16. Prodigy findet seine Schrittweite selbst; seine Lernrate ist ein Faktor, meist 1.</translation>
    </message>
    <message>
        <source>Upload every</source>
        <translation>Hochladen alle</translation>
    </message>
    <message>
        <source>Upper edge threshold</source>
        <translation>Obere Kantenschwelle</translation>
    </message>
    <message>
        <source>Use as base model</source>
        <translation>Als Basismodell nehmen</translation>
    </message>
    <message>
        <source>Used by %1</source>
        <translation>Benutzt von %1</translation>
    </message>
    <message>
        <source>Usual for %1: %2 to %3 %4</source>
        <translation>Üblich für %1: %2 bis %3 %4</translation>
    </message>
    <message>
        <source>Usual range</source>
        <translation>Üblicher Bereich</translation>
    </message>
    <message>
        <source>Usually ${experiment.num_examples_to_see}; the experiment's value decides.</source>
        <translation>Meist ${experiment.num_examples_to_see}; es gilt der Wert von experiment.</translation>
    </message>
    <message>
        <source>Usually ${system.batch_size}; the system's value decides.</source>
        <translation>Meist ${system.batch_size}; es gilt der Wert von system.</translation>
    </message>
    <message>
        <source>Usually ${system.workers}; the system's value decides.</source>
        <translation>Meist ${system.workers}; es gilt der Wert von system.</translation>
    </message>
    <message>
        <source>VAE and text encoder</source>
        <translation>VAE und Textencoder</translation>
    </message>
    <message>
        <source>VGG16 file</source>
        <translation>VGG16-Datei</translation>
    </message>
    <message>
        <source>VQModel: codebook rows are running means of the vectors that chose them, which this much stays of per batch. Absent: they learn by gradient.</source>
        <translation>VQModel: Zeilen des Codebuchs sind laufende Mittel der Vektoren, die sie gewählt haben; so viel bleibt davon je Batch. Ohne Angabe: Sie lernen über den Gradienten.</translation>
    </message>
    <message>
        <source>VQModel: weight of the pull of codebook rows towards the vectors that chose them.</source>
        <translation>VQModel: Gewicht des Zugs der Codebuchzeilen zu den Vektoren, die sie gewählt haben.</translation>
    </message>
    <message>
        <source>VQModel: weight of the pull of the encoder's vectors towards their rows of the codebook.</source>
        <translation>VQModel: Gewicht des Zugs der Vektoren des Encoders zu ihren Zeilen des Codebuchs.</translation>
    </message>
    <message>
        <source>Validate every</source>
        <translation>Validieren alle</translation>
    </message>
    <message>
        <source>Validating</source>
        <translation>Validierung läuft</translation>
    </message>
    <message>
        <source>Validation</source>
        <translation>Validierung</translation>
    </message>
    <message>
        <source>Validation %1</source>
        <translation>Validierung %1</translation>
    </message>
    <message>
        <source>Validation samples</source>
        <translation>Beispiele zur Validierung</translation>
    </message>
    <message>
        <source>Validation shards</source>
        <translation>Shards zur Validierung</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>Variables for every process. Not for keys and passwords: set those in your profile on the cluster.</source>
        <translation>Variablen für jeden Prozess. Nicht für Schlüssel und Passwörter: Die gehören in das eigene Profil auf dem Cluster.</translation>
    </message>
    <message>
        <source>Variant</source>
        <translation>Variante</translation>
    </message>
    <message>
        <source>Vectors of a word</source>
        <translation>Vektoren je Wort</translation>
    </message>
    <message>
        <source>Velocity (v)</source>
        <translation>Velocity (v)</translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>Urteil</translation>
    </message>
    <message>
        <source>Verify</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>Version %1</source>
        <translation>Version %1</translation>
    </message>
    <message>
        <source>Version %1  ·  %2 images  ·  %3</source>
        <translation>Version %1  ·  %2 Bilder  ·  %3</translation>
    </message>
    <message>
        <source>Version %1 at %2</source>
        <translation>Version %1 unter %2</translation>
    </message>
    <message>
        <source>Version %1 is built and verified.</source>
        <translation>Version %1 ist gebaut und geprüft.</translation>
    </message>
    <message>
        <source>Version of this file's format; files without it are version 1.</source>
        <translation>Version des Formats dieser Datei; Dateien ohne Angabe sind Version 1.</translation>
    </message>
    <message>
        <source>Versions</source>
        <translation>Versionen</translation>
    </message>
    <message>
        <source>Very dark and very bright pictures become possible.</source>
        <translation>Sehr dunkle und sehr helle Bilder werden möglich.</translation>
    </message>
    <message>
        <source>Very strong</source>
        <translation>Sehr stark</translation>
    </message>
    <message>
        <source>View</source>
        <translation>Ansicht</translation>
    </message>
    <message>
        <source>W&amp;B entity</source>
        <translation>W&amp;B-Konto</translation>
    </message>
    <message>
        <source>W&amp;B group</source>
        <translation>W&amp;B-Gruppe</translation>
    </message>
    <message>
        <source>W&amp;B key</source>
        <translation>W&amp;B-Schlüssel</translation>
    </message>
    <message>
        <source>W&amp;B mode</source>
        <translation>W&amp;B-Modus</translation>
    </message>
    <message>
        <source>W&amp;B notes</source>
        <translation>W&amp;B-Notizen</translation>
    </message>
    <message>
        <source>W&amp;B run</source>
        <translation>W&amp;B-Lauf</translation>
    </message>
    <message>
        <source>W&amp;B server</source>
        <translation>W&amp;B-Server</translation>
    </message>
    <message>
        <source>W&amp;B tags</source>
        <translation>W&amp;B-Tags</translation>
    </message>
    <message>
        <source>Warm-up</source>
        <translation>Warm-up</translation>
    </message>
    <message>
        <source>Warm-up counted in images instead of steps: the same whatever the batch; the steps that begin within it.</source>
        <translation>Warm-up in Bildern statt in Schritten gezählt: gleich bei jedem Batch; es sind die Schritte, die darin beginnen.</translation>
    </message>
    <message>
        <source>Warm-up in images</source>
        <translation>Warm-up in Bildern</translation>
    </message>
    <message>
        <source>Warning before the end</source>
        <translation>Warnung vor dem Ende</translation>
    </message>
    <message>
        <source>Weaker update.</source>
        <translation>Schwächeres Update.</translation>
    </message>
    <message>
        <source>WebDataset shards</source>
        <translation>WebDataset-Shards</translation>
    </message>
    <message>
        <source>WebDataset shards: a pattern such as data/{000000..000007}.tar; several patterns are joined by "::".</source>
        <translation>WebDataset-Shards: ein Muster wie data/{000000..000007}.tar; mehrere Muster werden mit "::" verbunden.</translation>
    </message>
    <message>
        <source>Weighs the loss by each sample's mask.png: white counts, black counts as much as loss.unmasked_weight says. A sample without one counts as a whole.</source>
        <translation>Gewichtet den Loss mit mask.png jedes Beispiels: Weiß zählt, Schwarz so viel, wie loss.unmasked_weight sagt. Ein Beispiel ohne Maske zählt ganz.</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>Gewicht</translation>
    </message>
    <message>
        <source>Weight by noise</source>
        <translation>Gewicht nach Rauschen</translation>
    </message>
    <message>
        <source>Weight decay</source>
        <translation>Weight decay</translation>
    </message>
    <message>
        <source>Weight of the class pictures' loss beside the subject's.</source>
        <translation>Gewicht des Loss der Klassenbilder neben dem des Motivs.</translation>
    </message>
    <message>
        <source>Weight of the difference that a trained VGG16 sees between picture and reconstruction; 0 is off.</source>
        <translation>Gewicht des Unterschieds, den ein trainiertes VGG16 zwischen Bild und Rekonstruktion sieht; 0 ist aus.</translation>
    </message>
    <message>
        <source>Weight of the mean absolute difference between picture and reconstruction.</source>
        <translation>Gewicht der mittleren absoluten Differenz zwischen Bild und Rekonstruktion.</translation>
    </message>
    <message>
        <source>Weight of the mean squared difference between picture and reconstruction.</source>
        <translation>Gewicht der mittleren quadrierten Differenz zwischen Bild und Rekonstruktion.</translation>
    </message>
    <message>
        <source>Weight of the pull of the latents towards a standard normal (mean per latent value).</source>
        <translation>Gewicht des Zugs der Latents zu einer Standardnormalverteilung (Mittel je Latent-Wert).</translation>
    </message>
    <message>
        <source>Weight of what a second network says, which learns to tell reconstructions from pictures patch by patch (PatchGAN); 0 is off.</source>
        <translation>Gewicht dessen, was ein zweites Netz sagt, das Rekonstruktionen Ausschnitt für Ausschnitt von Bildern zu unterscheiden lernt (PatchGAN); 0 ist aus.</translation>
    </message>
    <message>
        <source>Weight outside masks</source>
        <translation>Gewicht außerhalb der Masken</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>Weights &amp; Biases</source>
        <translation>Weights &amp; Biases</translation>
    </message>
    <message>
        <source>Weights of an unknown kind</source>
        <translation>Gewichte unbekannter Art</translation>
    </message>
    <message>
        <source>Welcome to Atelier</source>
        <translation>Willkommen bei Atelier</translation>
    </message>
    <message>
        <source>What 32 bit arithmetic on NVIDIA GPUs may round to 10 bits of mantissa, which is several times as fast; convolutions is PyTorch's own choice.</source>
        <translation>Welche 32-Bit-Rechnungen auf NVIDIA-GPUs auf 10 Bit Mantisse runden dürfen, was um ein Mehrfaches schneller ist; PyTorch selbst wählt convolutions.</translation>
    </message>
    <message>
        <source>What a batch job asks for when the run is exported or submitted.</source>
        <translation>Was ein Batch-Auftrag verlangt, wenn der Lauf exportiert oder abgeschickt wird.</translation>
    </message>
    <message>
        <source>What diffusers and Atelier load, train and sample from.</source>
        <translation>Was diffusers und Atelier laden, trainieren und woraus sie Bilder machen.</translation>
    </message>
    <message>
        <source>What goes in</source>
        <translation>Was hineingeht</translation>
    </message>
    <message>
        <source>What guidance leads away from.</source>
        <translation>Wovon Guidance wegführt.</translation>
    </message>
    <message>
        <source>What happens to pictures</source>
        <translation>Was mit Bildern geschieht</translation>
    </message>
    <message>
        <source>What is in this picture</source>
        <translation>Was auf diesem Bild ist</translation>
    </message>
    <message>
        <source>What is learned from.</source>
        <translation>Woraus gelernt wird.</translation>
    </message>
    <message>
        <source>What is minimised.</source>
        <translation>Was verkleinert wird.</translation>
    </message>
    <message>
        <source>What is recorded while training.</source>
        <translation>Was während des Trainings aufgezeichnet wird.</translation>
    </message>
    <message>
        <source>What is to be painted anew: rectangles, strokes and borders drawn for every visit, or each sample's own mask, white where it is painted.</source>
        <translation>Was neu gemalt wird: Rechtecke, Striche und Ränder, bei jedem Besuch neu gezogen, oder die eigene Maske jedes Beispiels, weiß, wo gemalt wird.</translation>
    </message>
    <message>
        <source>What is trained.</source>
        <translation>Was trainiert wird.</translation>
    </message>
    <message>
        <source>What is trained: a whole UNet from scratch or from a base model, one subject into a base model, an autoencoder, a small adapter, the meaning of a new word, a network that steers a base model by condition pictures, or a UNet that fills in what a mask covers. Not given: follows from the model section.</source>
        <translation>Was trainiert wird: ein ganzes UNet von null oder aus einem Basismodell, ein Motiv in ein Basismodell, ein Autoencoder, ein kleiner Adapter, die Bedeutung eines neuen Wortes, ein Netz, das ein Basismodell durch Bedingungsbilder lenkt, oder ein UNet, das füllt, was eine Maske bedeckt. Ohne Angabe: folgt aus dem Abschnitt model.</translation>
    </message>
    <message>
        <source>What it is</source>
        <translation>Was es ist</translation>
    </message>
    <message>
        <source>What load_lora_weights reads.</source>
        <translation>Was load_lora_weights liest.</translation>
    </message>
    <message>
        <source>What runs goes on; nothing else is started.</source>
        <translation>Was läuft, geht weiter; sonst wird nichts gestartet.</translation>
    </message>
    <message>
        <source>What scripts/demo trains: the bundled tiny pipeline on the bundled pictures, a few minutes on a CPU.</source>
        <translation>Was scripts/demo trainiert: die mitgelieferte winzige Pipeline auf den mitgelieferten Bildern, einige Minuten auf einer CPU.</translation>
    </message>
    <message>
        <source>What the ControlNet sees, computed while training: the edges of each training picture, the picture in coarse squares (for super-resolution), its light and dark shapes (for what it is to hide, as QR codes); or a second picture of each sample.</source>
        <translation>Was das ControlNet sieht, während des Trainings berechnet: die Kanten jedes Trainingsbildes, das Bild in groben Quadraten (für Superresolution), seine hellen und dunklen Formen (für das, was es verbergen soll, etwa QR-Codes); oder ein zweites Bild zu jedem Beispiel.</translation>
    </message>
    <message>
        <source>What the UNet is asked for; absent: what the training noise schedule says. A pretrained model keeps its own.</source>
        <translation>Was vom UNet verlangt wird; ohne Angabe: was der Rauschplan des Trainings sagt. Ein vortrainiertes Modell behält das Seine.</translation>
    </message>
    <message>
        <source>What the cluster is called in lists; absent: the file's name.</source>
        <translation>Wie der Cluster in Listen heißt; ohne Angabe: der Dateiname.</translation>
    </message>
    <message>
        <source>What the pictures are called while new words are learned: short sentences with the words in them, drawn for every visit, or the pictures' own captions; one that names no new word gets the first in front. method.instance_prompt wins over it.</source>
        <translation>Wie die Bilder heißen, während neue Wörter gelernt werden: kurze Sätze mit den Wörtern darin, bei jedem Besuch gezogen, oder die eigenen Beschriftungen der Bilder; einer ohne neues Wort wird das erste vorangestellt. method.instance_prompt geht dem vor.</translation>
    </message>
    <message>
        <source>What the shards will hold</source>
        <translation>Was die Shards enthalten werden</translation>
    </message>
    <message>
        <source>What the subject is one of, such as "a photo of a dog". Absent: captions or folder names of the class pictures; without those, none are trained on.</source>
        <translation>Wovon das Motiv eines ist, etwa „a photo of a dog“. Ohne Angabe: Beschriftungen oder Ordnernamen der Klassenbilder; ohne solche wird mit keinen trainiert.</translation>
    </message>
    <message>
        <source>What the subject is one of, such as "a photo of a dog": pictures of it, made once by the base model, are trained on beside the subject's. Absent: none are.</source>
        <translation>Wovon das Motiv eines ist, etwa "a photo of a dog": Bilder davon, einmal vom Basismodell erzeugt, werden neben denen des Motivs trainiert. Ohne Angabe: keine.</translation>
    </message>
    <message>
        <source>What to do</source>
        <translation>Was zu tun ist</translation>
    </message>
    <message>
        <source>What to do when loss or gradient is not a number; either way the step and its samples are recorded.</source>
        <translation>Was geschieht, wenn Loss oder Gradient keine Zahl ist; in jedem Fall werden Schritt und Beispiele festgehalten.</translation>
    </message>
    <message>
        <source>What to show of the model</source>
        <translation>Was vom Modell gezeigt wird</translation>
    </message>
    <message>
        <source>What training goes on from. LoRA: a safetensors file with the adapter weights under diffusers' names (unet.….lora_A.weight); absent: B is zero. ControlNet: a folder with config.json; absent: a copy of the UNet's first half.</source>
        <translation>Wovon das Training weitergeht. LoRA: eine safetensors-Datei mit den Adaptergewichten unter den Namen von diffusers (unet.….lora_A.weight); ohne Angabe: B ist null. ControlNet: ein Ordner mit config.json; ohne Angabe: eine Kopie der ersten Hälfte des UNet.</translation>
    </message>
    <message>
        <source>When the run folder already holds a checkpoint, go on from it; otherwise an existing name is refused.</source>
        <translation>Wenn der Laufordner schon einen Checkpoint enthält, geht es von dort weiter; sonst wird ein vorhandener Name abgelehnt.</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>Wo</translation>
    </message>
    <message>
        <source>Where a falling schedule ends, as a share of the peak.</source>
        <translation>Wo ein fallender Verlauf endet, als Anteil des Höchstwerts.</translation>
    </message>
    <message>
        <source>Where a step goes</source>
        <translation>Wohin ein Schritt geht</translation>
    </message>
    <message>
        <source>Where latents and texts are kept on disk, for all runs that name it; absent: ~/.cache/atelier/encoded. `atelier-engine cache` shows how much it holds and clears it.</source>
        <translation>Wo Latents und Texte auf der Platte liegen, für alle Läufe, die ihn nennen; ohne Angabe: ~/.cache/atelier/encoded. `atelier-engine cache` zeigt, wie viel er enthält, und leert ihn.</translation>
    </message>
    <message>
        <source>Where most is to be seen</source>
        <translation>Wo am meisten zu sehen ist</translation>
    </message>
    <message>
        <source>Where the samples are and how they are prepared.</source>
        <translation>Wo die Beispiele sind und wie sie vorbereitet werden.</translation>
    </message>
    <message>
        <source>Where to compute. Automatic takes the GPU when there is one.</source>
        <translation>Wo gerechnet wird. Automatisch nimmt die GPU, wenn es eine gibt.</translation>
    </message>
    <message>
        <source>Where values come from</source>
        <translation>Woher Werte kommen</translation>
    </message>
    <message>
        <source>Whether curves also go to Weights &amp; Biases; offline: into a file that `wandb sync` sends.</source>
        <translation>Ob Kurven auch zu Weights &amp; Biases gehen; offline: in eine Datei, die `wandb sync` sendet.</translation>
    </message>
    <message>
        <source>Whether each line is a caption of its own, and which one is used.</source>
        <translation>Ob jede Zeile eine Beschriftung für sich ist und welche genommen wird.</translation>
    </message>
    <message>
        <source>Which amounts of noise are trained on how often.</source>
        <translation>Welche Mengen von Rauschen wie oft trainiert werden.</translation>
    </message>
    <message>
        <source>Which checkpoints stay on disk.</source>
        <translation>Welche Checkpoints auf der Platte bleiben.</translation>
    </message>
    <message>
        <source>Which column holds the caption; absent: text, caption, prompt or title.</source>
        <translation>Welche Spalte die Beschriftung enthält; ohne Angabe: text, caption, prompt oder title.</translation>
    </message>
    <message>
        <source>Which column names the picture (tables) or holds it (Parquet); absent: the first with a usual name.</source>
        <translation>Welche Spalte das Bild nennt (Tabellen) oder enthält (Parquet); ohne Angabe: die erste mit einem üblichen Namen.</translation>
    </message>
    <message>
        <source>Which models</source>
        <translation>Welche Modelle</translation>
    </message>
    <message>
        <source>Which part of a picture that is not square is used; smart: around what stands out of its surroundings.</source>
        <translation>Welcher Teil eines nicht quadratischen Bildes genommen wird; smart: um das herum, was sich von seiner Umgebung abhebt.</translation>
    </message>
    <message>
        <source>Which pictures</source>
        <translation>Welche Bilder</translation>
    </message>
    <message>
        <source>Which runs</source>
        <translation>Welche Läufe</translation>
    </message>
    <message>
        <source>Which samples</source>
        <translation>Welche Beispielbilder</translation>
    </message>
    <message>
        <source>Whole nodes</source>
        <translation>Ganze Knoten</translation>
    </message>
    <message>
        <source>Whole pictures</source>
        <translation>Ganze Bilder</translation>
    </message>
    <message>
        <source>Width of the low-rank update of each target layer.</source>
        <translation>Breite des niedrigrangigen Updates jeder Zielschicht.</translation>
    </message>
    <message>
        <source>With or without captions. Also: a YAML file, a run folder, a model. They open where they belong.</source>
        <translation>Mit oder ohne Beschriftungen. Auch: eine YAML-Datei, ein Laufordner, ein Modell. Alles öffnet sich, wo es hingehört.</translation>
    </message>
    <message>
        <source>With or without captions. Files stay where they are; the dataset remembers their paths and your edits.</source>
        <translation>Mit oder ohne Beschriftungen. Dateien bleiben, wo sie sind; der Datensatz merkt sich ihre Pfade und die Änderungen.</translation>
    </message>
    <message>
        <source>With the rules of the next build of this dataset, and the middle of each picture.</source>
        <translation>Nach den Regeln des nächsten Builds dieses Datensatzes, mit der Mitte jedes Bildes.</translation>
    </message>
    <message>
        <source>Without control image</source>
        <translation>Ohne Steuerbild</translation>
    </message>
    <message>
        <source>Without mask</source>
        <translation>Ohne Maske</translation>
    </message>
    <message>
        <source>Without text</source>
        <translation>Ohne Text</translation>
    </message>
    <message>
        <source>Words to find the run by.</source>
        <translation>Wörter, unter denen der Lauf zu finden ist.</translation>
    </message>
    <message>
        <source>Works with %1</source>
        <translation>Arbeitet mit %1</translation>
    </message>
    <message>
        <source>Write</source>
        <translation>Schreiben</translation>
    </message>
    <message>
        <source>Write a picture of every page, light and dark, then quit.</source>
        <translation>Ein Bild jeder Seite schreiben, hell und dunkel, dann beenden.</translation>
    </message>
    <message>
        <source>Write its caption</source>
        <translation>Beschriftung schreiben</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>Wird geschrieben</translation>
    </message>
    <message>
        <source>Writing a checkpoint</source>
        <translation>Ein Checkpoint wird geschrieben</translation>
    </message>
    <message>
        <source>Wrong extension</source>
        <translation>Falsche Endung</translation>
    </message>
    <message>
        <source>YAML</source>
        <translation>YAML</translation>
    </message>
    <message>
        <source>YAML file that describes the cluster (configs/clusters).</source>
        <translation>YAML-Datei, die den Cluster beschreibt (configs/clusters).</translation>
    </message>
    <message>
        <source>You can keep working, or close the window: a build goes on and is here when you come back.</source>
        <translation>Weiterarbeiten ist möglich, auch mit geschlossenem Fenster: Ein Build geht weiter und ist beim Zurückkommen da.</translation>
    </message>
    <message>
        <source>Zero terminal SNR</source>
        <translation>Zero terminal SNR</translation>
    </message>
    <message>
        <source>a device without a name</source>
        <translation>ein Gerät ohne Namen</translation>
    </message>
    <message>
        <source>a pipeline folder for those parts, shards of many pictures, large GPUs.</source>
        <translation>ein Pipeline-Ordner für jene Teile, Shards mit vielen Bildern, große GPUs.</translation>
    </message>
    <message>
        <source>a pipeline folder in diffusers layout, and shards with captions; thousands of pictures.</source>
        <translation>ein Pipeline-Ordner im Aufbau von diffusers und Shards mit Beschriftungen; Tausende Bilder.</translation>
    </message>
    <message>
        <source>a pipeline folder in diffusers layout, and shards with the subject's pictures.</source>
        <translation>ein Pipeline-Ordner im Aufbau von diffusers und Shards mit den Bildern des Motivs.</translation>
    </message>
    <message>
        <source>a pipeline folder in diffusers layout, and shards.</source>
        <translation>ein Pipeline-Ordner im Aufbau von diffusers und Shards.</translation>
    </message>
    <message>
        <source>a pipeline folder in diffusers layout, and shards; 20 to 200 pictures are usual.</source>
        <translation>ein Pipeline-Ordner im Aufbau von diffusers und Shards; üblich sind 20 bis 200 Bilder.</translation>
    </message>
    <message>
        <source>a pipeline folder in diffusers layout, and shards; 3 to 30 pictures, captions are not needed.</source>
        <translation>ein Pipeline-Ordner im Aufbau von diffusers und Shards; 3 bis 30 Bilder, ohne Beschriftungen.</translation>
    </message>
    <message>
        <source>a pipeline folder in diffusers layout, and shards; 5 to 50 pictures, captions are not needed.</source>
        <translation>ein Pipeline-Ordner im Format von diffusers und Shards; 5 bis 50 Bilder, Beschreibungen sind nicht nötig.</translation>
    </message>
    <message>
        <source>activations</source>
        <translation>Aktivierungen</translation>
    </message>
    <message numerus="yes">
        <source>add %n source(s)</source>
        <translation><numerusform>%n Quelle hinzufügen</numerusform><numerusform>%n Quellen hinzufügen</numerusform></translation>
    </message>
    <message>
        <source>after %1</source>
        <translation>nach %1</translation>
    </message>
    <message>
        <source>after %1, about %2</source>
        <translation>nach %1, etwa %2</translation>
    </message>
    <message>
        <source>after %1, of another project</source>
        <translation>nach %1, aus einem anderen Projekt</translation>
    </message>
    <message>
        <source>all of them</source>
        <translation>alle</translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation><numerusform>und %n weiteres</numerusform><numerusform>und %n weitere</numerusform></translation>
    </message>
    <message>
        <source>any size</source>
        <translation>jede Größe</translation>
    </message>
    <message>
        <source>as planned</source>
        <translation>wie geplant</translation>
    </message>
    <message>
        <source>being read</source>
        <translation>wird gelesen</translation>
    </message>
    <message>
        <source>bf16: about half the memory for activations and much faster on recent GPUs. fp16: the same on older ones, with a scaled loss.</source>
        <translation>bf16: etwa halb so viel Speicher für Aktivierungen und auf neueren GPUs viel schneller. fp16: dasselbe auf älteren, mit skaliertem Loss.</translation>
    </message>
    <message>
        <source>bfloat16</source>
        <translation>bfloat16</translation>
    </message>
    <message>
        <source>building</source>
        <translation>wird gebaut</translation>
    </message>
    <message>
        <source>bytes kept as they are</source>
        <translation>Bytes unverändert behalten</translation>
    </message>
    <message>
        <source>cached latents</source>
        <translation>vorberechnete Latents</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>cannot be decoded</source>
        <translation>nicht dekodierbar</translation>
    </message>
    <message>
        <source>cannot be read</source>
        <translation>nicht lesbar</translation>
    </message>
    <message>
        <source>caption empty</source>
        <translation>Beschriftung leer</translation>
    </message>
    <message>
        <source>caption of %1</source>
        <translation>Beschriftung von %1</translation>
    </message>
    <message numerus="yes">
        <source>captions from %n file(s)</source>
        <translation><numerusform>Beschriftungen aus %n Datei</numerusform><numerusform>Beschriftungen aus %n Dateien</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>change %n caption(s)</source>
        <translation><numerusform>%n Beschriftung ändern</numerusform><numerusform>%n Beschriftungen ändern</numerusform></translation>
    </message>
    <message>
        <source>checkpoint</source>
        <translation>Checkpoint</translation>
    </message>
    <message>
        <source>click a picture: B puts another run beside it, D shows the difference</source>
        <translation>ein Bild anklicken: B stellt einen anderen Lauf daneben, D zeigt den Unterschied</translation>
    </message>
    <message>
        <source>command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>config.yaml (complete), job.sbatch, job.json and README.txt with the exact commands. “atelier-engine train .” runs it; dropping the folder on this window shows it.</source>
        <translation>config.yaml (vollständig), job.sbatch, job.json und README.txt mit den genauen Befehlen. „atelier-engine train .“ führt es aus; den Ordner auf dieses Fenster ziehen zeigt es.</translation>
    </message>
    <message>
        <source>configuration %1</source>
        <translation>Konfiguration %1</translation>
    </message>
    <message>
        <source>control</source>
        <translation>Steuerbild</translation>
    </message>
    <message>
        <source>control image of %1</source>
        <translation>Steuerbild von %1</translation>
    </message>
    <message numerus="yes">
        <source>control images of %n image(s)</source>
        <translation><numerusform>Steuerbilder von %n Bild</numerusform><numerusform>Steuerbilder von %n Bildern</numerusform></translation>
    </message>
    <message>
        <source>cropped %1 %</source>
        <translation>%1 % abgeschnitten</translation>
    </message>
    <message>
        <source>data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>dataset %1</source>
        <translation>Datensatz %1</translation>
    </message>
    <message>
        <source>default</source>
        <translation>Vorgabe</translation>
    </message>
    <message>
        <source>default %1</source>
        <translation>Vorgabe %1</translation>
    </message>
    <message>
        <source>diffusers</source>
        <translation>diffusers</translation>
    </message>
    <message>
        <source>done about %1</source>
        <translation>fertig etwa %1</translation>
    </message>
    <message>
        <source>duplicate</source>
        <translation>doppelt</translation>
    </message>
    <message>
        <source>duplicate of another</source>
        <translation>Doppel eines anderen</translation>
    </message>
    <message>
        <source>edited</source>
        <translation>bearbeitet</translation>
    </message>
    <message>
        <source>elapsed</source>
        <translation>vergangen</translation>
    </message>
    <message>
        <source>en or de, for this start only.</source>
        <translation>en oder de, nur für diesen Start.</translation>
    </message>
    <message>
        <source>encode</source>
        <translation>kodieren</translation>
    </message>
    <message>
        <source>enlarged %1 times</source>
        <translation>%1-fach vergrößert</translation>
    </message>
    <message>
        <source>env:// reads MASTER_ADDR and MASTER_PORT, as torchrun and SLURM scripts set them.</source>
        <translation>env:// liest MASTER_ADDR und MASTER_PORT, wie torchrun und SLURM-Skripte sie setzen.</translation>
    </message>
    <message>
        <source>equal to another picture</source>
        <translation>gleich einem anderen Bild</translation>
    </message>
    <message>
        <source>estimating</source>
        <translation>wird geschätzt</translation>
    </message>
    <message>
        <source>events.jsonl is not the log of a run</source>
        <translation>events.jsonl ist nicht das Protokoll eines Laufs</translation>
    </message>
    <message>
        <source>events.jsonl may not be read by this user</source>
        <translation>events.jsonl darf dieser Benutzer nicht lesen</translation>
    </message>
    <message numerus="yes">
        <source>exclude %n image(s)</source>
        <translation><numerusform>%n Bild auslassen</numerusform><numerusform>%n Bilder auslassen</numerusform></translation>
    </message>
    <message>
        <source>excluded</source>
        <translation>ausgeschlossen</translation>
    </message>
    <message>
        <source>excluded by you</source>
        <translation>von Hand ausgeschlossen</translation>
    </message>
    <message>
        <source>falling</source>
        <translation>fallend</translation>
    </message>
    <message>
        <source>file</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>file %1</source>
        <translation>Datei %1</translation>
    </message>
    <message>
        <source>file changed since the scan</source>
        <translation>Datei seit dem Einlesen geändert</translation>
    </message>
    <message>
        <source>filtered</source>
        <translation>gefiltert</translation>
    </message>
    <message>
        <source>folder %1</source>
        <translation>Ordner %1</translation>
    </message>
    <message>
        <source>folders of pictures named after their classes; an autoencoder for anything above 64 pixels.</source>
        <translation>nach ihren Klassen benannte Ordner mit Bildern; ein Autoencoder für alles über 64 Pixel.</translation>
    </message>
    <message>
        <source>fp16, ema, non_ema, …; empty: the plain files</source>
        <translation>fp16, ema, non_ema, …; leer: die einfachen Dateien</translation>
    </message>
    <message>
        <source>fp16, ema, …; empty: the plain files</source>
        <translation>fp16, ema, …; leer: die einfachen Dateien</translation>
    </message>
    <message>
        <source>fp32: exact, slow.</source>
        <translation>fp32: genau, langsam.</translation>
    </message>
    <message>
        <source>from %1</source>
        <translation>aus %1</translation>
    </message>
    <message>
        <source>from %1 × %2</source>
        <translation>aus %1 × %2</translation>
    </message>
    <message>
        <source>from file</source>
        <translation>aus Datei</translation>
    </message>
    <message>
        <source>from template</source>
        <translation>aus Vorlage</translation>
    </message>
    <message>
        <source>goes in</source>
        <translation>kommt hinein</translation>
    </message>
    <message>
        <source>gradient norm</source>
        <translation>Gradientennorm</translation>
    </message>
    <message>
        <source>gradients and optimizer</source>
        <translation>Gradienten und Optimizer</translation>
    </message>
    <message>
        <source>half (16 bit)</source>
        <translation>halb (16 Bit)</translation>
    </message>
    <message>
        <source>images per second</source>
        <translation>Bilder pro Sekunde</translation>
    </message>
    <message>
        <source>images/s</source>
        <translation>Bilder/s</translation>
    </message>
    <message>
        <source>in %1 min</source>
        <translation>in %1 Min.</translation>
    </message>
    <message>
        <source>in %1 s</source>
        <translation>in %1 s</translation>
    </message>
    <message>
        <source>in step with the form</source>
        <translation>im Gleichschritt mit dem Formular</translation>
    </message>
    <message numerus="yes">
        <source>include %n image(s)</source>
        <translation><numerusform>%n Bild aufnehmen</numerusform><numerusform>%n Bilder aufnehmen</numerusform></translation>
    </message>
    <message>
        <source>is being started</source>
        <translation>wird gestartet</translation>
    </message>
    <message>
        <source>it was not made</source>
        <translation>es ist nicht entstanden</translation>
    </message>
    <message>
        <source>kohya</source>
        <translation>kohya</translation>
    </message>
    <message>
        <source>learning rate</source>
        <translation>Lernrate</translation>
    </message>
    <message>
        <source>left</source>
        <translation>übrig</translation>
    </message>
    <message>
        <source>left out: %1</source>
        <translation>ausgelassen: %1</translation>
    </message>
    <message>
        <source>left out: the same bytes as %1</source>
        <translation>ausgelassen: dieselben Bytes wie %1</translation>
    </message>
    <message>
        <source>let the rules decide on %1</source>
        <translation>die Regeln über %1 entscheiden lassen</translation>
    </message>
    <message>
        <source>level</source>
        <translation>Stufe</translation>
    </message>
    <message>
        <source>line %1</source>
        <translation>Zeile %1</translation>
    </message>
    <message>
        <source>loading the model</source>
        <translation>Modell wird geladen</translation>
    </message>
    <message>
        <source>loading the model and trying a few updates…</source>
        <translation>Modell wird geladen, einige Updates werden probiert…</translation>
    </message>
    <message>
        <source>looking</source>
        <translation>wird nachgesehen</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>Loss</translation>
    </message>
    <message>
        <source>loss %1</source>
        <translation>Loss %1</translation>
    </message>
    <message>
        <source>mask</source>
        <translation>Maske</translation>
    </message>
    <message>
        <source>mask of %1</source>
        <translation>Maske von %1</translation>
    </message>
    <message>
        <source>mask or control image missing</source>
        <translation>Maske oder Steuerbild fehlt</translation>
    </message>
    <message numerus="yes">
        <source>masks of %n image(s)</source>
        <translation><numerusform>Masken von %n Bild</numerusform><numerusform>Masken von %n Bildern</numerusform></translation>
    </message>
    <message>
        <source>measured on %1, %2</source>
        <translation>gemessen auf %1, %2</translation>
    </message>
    <message>
        <source>memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>memory and time are not measured yet</source>
        <translation>Speicher und Zeit sind noch nicht gemessen</translation>
    </message>
    <message>
        <source>memory, peak</source>
        <translation>Speicher, Spitze</translation>
    </message>
    <message>
        <source>memory, peak %1</source>
        <translation>Speicher, Spitze %1</translation>
    </message>
    <message>
        <source>min_snr with gamma 5 is a common choice and often learns faster.</source>
        <translation>min_snr mit Gamma 5 ist eine übliche Wahl und lernt oft schneller.</translation>
    </message>
    <message>
        <source>model %1</source>
        <translation>Modell %1</translation>
    </message>
    <message numerus="yes">
        <source>more than %n image(s)</source>
        <translation><numerusform>mehr als %n Bild</numerusform><numerusform>mehr als %n Bilder</numerusform></translation>
    </message>
    <message>
        <source>must be given</source>
        <translation>muss angegeben werden</translation>
    </message>
    <message>
        <source>new weights</source>
        <translation>neue Gewichte</translation>
    </message>
    <message>
        <source>newest step</source>
        <translation>neuester Schritt</translation>
    </message>
    <message>
        <source>next</source>
        <translation>weiter</translation>
    </message>
    <message>
        <source>no caption</source>
        <translation>ohne Beschriftung</translation>
    </message>
    <message>
        <source>no samples yet</source>
        <translation>noch keine Beispielbilder</translation>
    </message>
    <message>
        <source>no weights</source>
        <translation>ohne Gewichte</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>none found</source>
        <translation>keine gefunden</translation>
    </message>
    <message>
        <source>none yet</source>
        <translation>noch keine</translation>
    </message>
    <message>
        <source>none: write no tokenizer</source>
        <translation>keiner: kein Tokenizer wird geschrieben</translation>
    </message>
    <message>
        <source>not YAML yet: the form waits</source>
        <translation>noch kein YAML: Das Formular wartet</translation>
    </message>
    <message>
        <source>not built</source>
        <translation>nicht gebaut</translation>
    </message>
    <message>
        <source>not finite</source>
        <translation>nicht endlich</translation>
    </message>
    <message>
        <source>not made at this step</source>
        <translation>bei diesem Schritt nicht erzeugt</translation>
    </message>
    <message>
        <source>not measured yet</source>
        <translation>noch nicht gemessen</translation>
    </message>
    <message>
        <source>not readable</source>
        <translation>nicht lesbar</translation>
    </message>
    <message>
        <source>not set</source>
        <translation>nicht gesetzt</translation>
    </message>
    <message>
        <source>not trained</source>
        <translation>nicht trainiert</translation>
    </message>
    <message>
        <source>note</source>
        <translation>Hinweis</translation>
    </message>
    <message>
        <source>nothing but captioned pictures as shards. The pipeline comes with Atelier.</source>
        <translation>nur Bilder mit Beschriftungen als Shards. Die Pipeline bringt Atelier mit.</translation>
    </message>
    <message>
        <source>nothing; the script fills in model and shards.</source>
        <translation>nichts; das Skript trägt Modell und Shards ein.</translation>
    </message>
    <message>
        <source>of %1</source>
        <translation>von %1</translation>
    </message>
    <message>
        <source>of the settings before your last changes</source>
        <translation>der Einstellungen vor den letzten Änderungen</translation>
    </message>
    <message numerus="yes">
        <source>on disk at the end, %n checkpoint(s); %1 free</source>
        <translation><numerusform>am Ende auf der Platte, %n Checkpoint; %1 frei</numerusform><numerusform>am Ende auf der Platte, %n Checkpoints; %1 frei</numerusform></translation>
    </message>
    <message>
        <source>one number</source>
        <translation>eine Zahl</translation>
    </message>
    <message>
        <source>only with a caption</source>
        <translation>nur mit Beschriftung</translation>
    </message>
    <message>
        <source>open-diffusion</source>
        <translation>open-diffusion</translation>
    </message>
    <message>
        <source>open_diffusion brings back that system's arithmetic for comparisons with its runs: passes instead of updates are counted and clipped, AdamW whatever the name, the noise as target, shards drawn with replacement.</source>
        <translation>open_diffusion bringt die Rechenweise jenes Systems zurück, zum Vergleich mit seinen Läufen: Durchgänge statt Updates werden gezählt und begrenzt, AdamW gleich unter welchem Namen, das Rauschen als Ziel, Shards mit Zurücklegen gezogen.</translation>
    </message>
    <message>
        <source>or at so many samples</source>
        <translation>oder bei so vielen Beispielen</translation>
    </message>
    <message>
        <source>organisation/name, with @revision for another than main</source>
        <translation>organisation/name, mit @revision für einen anderen Stand als main</translation>
    </message>
    <message>
        <source>peak %1</source>
        <translation>Spitze %1</translation>
    </message>
    <message>
        <source>planned: %1. The learning rate's schedule follows.</source>
        <translation>geplant: %1. Der Verlauf der Lernrate passt sich an.</translation>
    </message>
    <message>
        <source>program</source>
        <translation>Programm</translation>
    </message>
    <message>
        <source>ranks %1 to %2</source>
        <translation>Ränge %1 bis %2</translation>
    </message>
    <message>
        <source>ratio outside the limits</source>
        <translation>Seitenverhältnis außerhalb der Grenzen</translation>
    </message>
    <message>
        <source>raw</source>
        <translation>roh</translation>
    </message>
    <message>
        <source>reading the log…</source>
        <translation>Protokoll wird gelesen…</translation>
    </message>
    <message>
        <source>reading the settings…</source>
        <translation>Einstellungen werden gelesen…</translation>
    </message>
    <message>
        <source>ready</source>
        <translation>bereit</translation>
    </message>
    <message>
        <source>ready to start</source>
        <translation>bereit zum Start</translation>
    </message>
    <message>
        <source>reckoned from smaller batches</source>
        <translation>aus kleineren Batches errechnet</translation>
    </message>
    <message>
        <source>remove a source</source>
        <translation>eine Quelle entfernen</translation>
    </message>
    <message>
        <source>remove the control image of %1</source>
        <translation>Steuerbild von %1 entfernen</translation>
    </message>
    <message>
        <source>remove the mask of %1</source>
        <translation>Maske von %1 entfernen</translation>
    </message>
    <message>
        <source>rest</source>
        <translation>Rest</translation>
    </message>
    <message>
        <source>resumed</source>
        <translation>fortgesetzt</translation>
    </message>
    <message>
        <source>rising</source>
        <translation>steigend</translation>
    </message>
    <message>
        <source>run folder %1</source>
        <translation>Laufordner %1</translation>
    </message>
    <message>
        <source>s elapsed</source>
        <translation>s vergangen</translation>
    </message>
    <message>
        <source>s per step</source>
        <translation>s je Schritt</translation>
    </message>
    <message>
        <source>s3://bucket/folder that gets a copy of the run while it goes on: configuration, events, sample pictures and checkpoints. Keys come from the places of AWS's own tools.</source>
        <translation>s3://bucket/ordner, der während des Laufs eine Kopie bekommt: Konfiguration, Ereignisse, Beispielbilder und Checkpoints. Schlüssel kommen von dort, wo die AWS-Werkzeuge sie suchen.</translation>
    </message>
    <message>
        <source>safetensors</source>
        <translation>safetensors</translation>
    </message>
    <message>
        <source>same</source>
        <translation>gleich</translation>
    </message>
    <message>
        <source>same seed in every row, %1 steps, guidance %2</source>
        <translation>gleicher Seed in jeder Zeile, %1 Schritte, Guidance %2</translation>
    </message>
    <message>
        <source>seed %1</source>
        <translation>Seed %1</translation>
    </message>
    <message>
        <source>shards</source>
        <translation>Shards</translation>
    </message>
    <message>
        <source>shards of pictures, no captions; an autoencoder for anything above 64 pixels.</source>
        <translation>Shards mit Bildern, ohne Beschreibungen; ein Autoencoder für alles über 64 Pixel.</translation>
    </message>
    <message>
        <source>shards of pictures; no captions. 64 pixels take a CPU about an hour.</source>
        <translation>Shards von Bildern; keine Beschriftungen. 64 Pixel brauchen auf einer CPU etwa eine Stunde.</translation>
    </message>
    <message>
        <source>starts now</source>
        <translation>startet jetzt</translation>
    </message>
    <message>
        <source>state</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>step</source>
        <translation>Schritt</translation>
    </message>
    <message>
        <source>step %1</source>
        <translation>Schritt %1</translation>
    </message>
    <message>
        <source>step %1 of %2</source>
        <translation>Schritt %1 von %2</translation>
    </message>
    <message>
        <source>step %1 · %2 of %3</source>
        <translation>Schritt %1 · %2 von %3</translation>
    </message>
    <message>
        <source>step %1, can continue</source>
        <translation>Schritt %1, lässt sich fortsetzen</translation>
    </message>
    <message>
        <source>step %1, verified</source>
        <translation>Schritt %1, geprüft</translation>
    </message>
    <message>
        <source>steps/s</source>
        <translation>Schritte/s</translation>
    </message>
    <message>
        <source>stopped at step %1</source>
        <translation>bei Schritt %1 angehalten</translation>
    </message>
    <message>
        <source>stopping</source>
        <translation>hält an</translation>
    </message>
    <message>
        <source>such as: watercolour birds</source>
        <translation>etwa: Vögel in Aquarell</translation>
    </message>
    <message>
        <source>system, light or dark, for this start only.</source>
        <translation>system, light oder dark, nur für diesen Start.</translation>
    </message>
    <message>
        <source>template</source>
        <translation>Vorlage</translation>
    </message>
    <message>
        <source>template %1</source>
        <translation>Vorlage %1</translation>
    </message>
    <message>
        <source>the control image beside it</source>
        <translation>das Steuerbild daneben</translation>
    </message>
    <message>
        <source>the engine ended at step %1 without a word</source>
        <translation>die Engine endete bei Schritt %1 ohne ein Wort</translation>
    </message>
    <message>
        <source>the engine ended before it began</source>
        <translation>die Engine endete, bevor sie begann</translation>
    </message>
    <message>
        <source>the engine ended with code %1</source>
        <translation>die Engine endete mit Code %1</translation>
    </message>
    <message>
        <source>the engine has not said anything for %1 s</source>
        <translation>die Engine hat seit %1 s nichts gesagt</translation>
    </message>
    <message>
        <source>the engine was killed while it worked</source>
        <translation>die Engine wurde bei der Arbeit beendet</translation>
    </message>
    <message>
        <source>the first one only</source>
        <translation>nur das erste</translation>
    </message>
    <message>
        <source>the log cannot be written: %1</source>
        <translation>das Protokoll ist nicht beschreibbar: %1</translation>
    </message>
    <message>
        <source>the mask beside it</source>
        <translation>die Maske daneben</translation>
    </message>
    <message>
        <source>the program cannot be started: %1</source>
        <translation>das Programm lässt sich nicht starten: %1</translation>
    </message>
    <message>
        <source>the queue is paused</source>
        <translation>die Warteschlange ist angehalten</translation>
    </message>
    <message>
        <source>this computer</source>
        <translation>dieser Rechner</translation>
    </message>
    <message>
        <source>this program cannot be started: it is missing or not executable</source>
        <translation>dieses Programm lässt sich nicht starten: Es fehlt oder ist nicht ausführbar</translation>
    </message>
    <message>
        <source>today %1</source>
        <translation>heute %1</translation>
    </message>
    <message>
        <source>too long and narrow</source>
        <translation>zu lang und schmal</translation>
    </message>
    <message>
        <source>too small</source>
        <translation>zu klein</translation>
    </message>
    <message>
        <source>torchvision's vgg16 weights, where loss.lpips_file does not hold them.</source>
        <translation>vgg16-Gewichte von torchvision, wo loss.lpips_file sie nicht enthält.</translation>
    </message>
    <message>
        <source>train</source>
        <translation>trainieren</translation>
    </message>
    <message>
        <source>train %1 anyway</source>
        <translation>%1 trotzdem trainieren</translation>
    </message>
    <message>
        <source>training loss</source>
        <translation>Trainings-Loss</translation>
    </message>
    <message>
        <source>unchanged</source>
        <translation>unverändert</translation>
    </message>
    <message>
        <source>unreadable</source>
        <translation>unlesbar</translation>
    </message>
    <message numerus="yes">
        <source>used by %n run(s)</source>
        <translation><numerusform>von %n Lauf benutzt</numerusform><numerusform>von %n Läufen benutzt</numerusform></translation>
    </message>
    <message>
        <source>usually %1 to %2, now %3</source>
        <translation>meist %1 bis %2, jetzt %3</translation>
    </message>
    <message>
        <source>validation</source>
        <translation>Validierung</translation>
    </message>
    <message>
        <source>validation %1 at %2</source>
        <translation>Validierung %1 bei %2</translation>
    </message>
    <message>
        <source>verified</source>
        <translation>geprüft</translation>
    </message>
    <message>
        <source>waits to be read back</source>
        <translation>wartet auf das Zurücklesen</translation>
    </message>
    <message>
        <source>weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>what not to show</source>
        <translation>was nicht zu sehen sein soll</translation>
    </message>
    <message>
        <source>with an empty caption</source>
        <translation>mit leerer Beschriftung</translation>
    </message>
    <message>
        <source>with control image</source>
        <translation>mit Steuerbild</translation>
    </message>
    <message>
        <source>with mask</source>
        <translation>mit Maske</translation>
    </message>
    <message>
        <source>with or without caption</source>
        <translation>mit oder ohne Beschriftung</translation>
    </message>
    <message>
        <source>without caption</source>
        <translation>ohne Beschriftung</translation>
    </message>
    <message>
        <source>without the mask or control image chosen for them</source>
        <translation>ohne die für sie gewählte Maske oder das Steuerbild</translation>
    </message>
    <message>
        <source>working</source>
        <translation>in Arbeit</translation>
    </message>
    <message>
        <source>written anew</source>
        <translation>neu geschrieben</translation>
    </message>
    <message>
        <source>written anew: %1</source>
        <translation>neu geschrieben: %1</translation>
    </message>
    <message>
        <source>yesterday %1</source>
        <translation>gestern %1</translation>
    </message>
    <message>
        <source>you</source>
        <translation>eigen</translation>
    </message>
    <message>
        <source>you %1</source>
        <translation>eigen %1</translation>
    </message>
    <message>
        <source>you, %1
%2, %3
default, %4</source>
        <translation>eigen, %1
%2, %3
Vorgabe, %4</translation>
    </message>
    <message>
        <source>yours</source>
        <translation>eigene</translation>
    </message>
    <message>
        <source>“%1” is in no title and no description.</source>
        <translation>„%1“ steht in keinem Titel und keiner Beschreibung.</translation>
    </message>
    <message>
        <source>← → step   ↑ ↓ prompt   B before and after   D difference   I info   C copy   Esc close</source>
        <translation>← → Schritt   ↑ ↓ Prompt   B vorher und nachher   D Unterschied   I Angaben   C kopieren   Esc schließen</translation>
    </message>
    <message>
        <source>← → step   ↑ ↓ run   B two runs   D difference   I info   C copy   Esc close</source>
        <translation>← → Schritt   ↑ ↓ Lauf   B zwei Läufe   D Unterschied   I Angaben   C kopieren   Esc schließen</translation>
    </message>
</context>
</TS>
