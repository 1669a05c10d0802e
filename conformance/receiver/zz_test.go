package receiver
import ("testing";"time";"context";"github.com/ctxpush/ctxpush/conformance/config")
func TestZZ(t *testing.T){
 c:=command("leaves-child"); c.Dir=t.TempDir()
 r,_:=New(config.Config{Receiver:config.Receiver{Command:&c}},Env{Secret:testSecret})
 b:=time.Now()
 p:=r.(*process)
 ch,err:=p.spawn("12345"); t.Log(time.Since(b),err)
 <-ch.ended; t.Log("ended",time.Since(b))
 t.Log(ch.kill(),time.Since(b))
 e:=needEngine(t)
 dir,_:=imageContext(t.TempDir())
 cc:=inContainer(""); cc.Build=&config.Build{Context:dir}
 r2,_:=New(config.Config{Receiver:config.Receiver{Container:&cc}},Env{Secret:testSecret,RunID:testRun})
 bx:=r2.(*box); bx.engine=e
 b=time.Now()
 t.Log(bx.build(context.Background(),"localhost/ctxpush",bx.id,self().labels(testRun,bx.id)),time.Since(b))
 t.Log(bx.Log(50))
 t.Log(bx.Close(),time.Since(b))
}
